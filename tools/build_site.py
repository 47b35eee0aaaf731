"""The documentation as a site, in build/site: `make site`.

The pages keep their places (README.md at the top, docs/ below), so that their links work on a code
host and in the site alike. Added are the files that they link to, formulas (MathML, which browsers
draw by themselves) in place of ```math blocks, and an API reference out of the docstrings. Nothing
in a page asks another host for anything. A warning, as of a link to nothing, is an error.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from docstrings import without_marks
from latex2mathml.converter import convert
from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "build" / "pages"
SITE = ROOT / "build" / "site"
SPACELESS = re.compile(r"(<mi>(?:log|exp|tanh|cos)</mi>)(?!<mo)")  # set without a space before x
FIRST = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
ROOMS = {  # in the order in which they are listed: the room, and its public modules
    "gansmith": ("api", "runs.run", "core.recipe", "core.trainer", "core.game", "core.protocols"),
    "losses": None,
    "penalties": None,
    "metrics": None,
    "theory": None,
    "games": None,
    "networks": None,
    "data": None,
    "sampling": None,
    "export": None,
}


def main() -> None:
    """Gather the pages and build the site."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for page in [*(ROOT / name for name in FIRST), *sorted((ROOT / "docs").rglob("*.md"))]:
        take(page)
    shutil.copytree(ROOT / "tools" / "site", PAGES / "assets")
    for room in ROOMS:
        write_reference(room)
    config = load_config(str(ROOT / "mkdocs.yml"), docs_dir=str(PAGES), site_dir=str(SITE))
    config.strict = True
    build(config)


def take(source: Path) -> None:
    """Copy a file to its place among the pages, with what it links to."""
    target = PAGES / source.relative_to(ROOT)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".md":
        shutil.copyfile(source, target)
        return
    text = source.read_text("utf-8")
    page = re.sub(r"^```math\n(.*?)^```", typeset, text, flags=re.S | re.M)
    target.write_text(without_marks(page), "utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
        if not re.match(r"\w+:", link):
            take((source.parent / link).resolve())


def typeset(block: re.Match[str]) -> str:
    """A block of LaTeX as MathML, a formula for each of its lines that ends in \\\\."""
    formulas = [convert(x, display="block") for x in re.split(r"\\\\\s*\n", block[1].strip())]
    spaced = [SPACELESS.sub(r'\1<mspace width="0.17em"/>', x) for x in formulas]
    return "\n\n".join(f'<div class="formula">{x}</div>' for x in spaced)


def write_reference(room: str) -> None:
    """The page of a room, whose modules mkdocstrings describes."""
    folder = ROOT / "gansmith"
    names = ROOMS[room]
    if names is None:
        found = sorted((folder / room).rglob("*.py"))
        paths = [path.relative_to(folder).with_suffix("") for path in found]
        names = tuple(".".join(p.parts) for p in paths if not p.name.startswith("_"))
    lines = [f"# {room}"] + [f"\n::: gansmith.{name}" for name in names]
    page = PAGES / "reference" / f"{room}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()

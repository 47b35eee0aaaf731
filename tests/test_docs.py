"""The documentation keeps up with the code: links, commands, constants, tables, examples."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

import gansmith
from gansmith.cli import COMMANDS
from gansmith.cli.list import LISTS
from gansmith.cli.parsing import parse
from gansmith.cli.preset_options import parse_with_preset
from gansmith.cli.train import TrainOptions, preset_of
from gansmith.data import DATA
from gansmith.losses.objectives import OBJECTIVES
from gansmith.metrics import JUDGES, load_judge
from gansmith.penalties import PENALTIES
from gansmith.presets import FAMILIES, PRESETS
from gansmith.runs.plan import plan

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
MY_FILE = "my_file.py:my_preset"
names = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
presets = pytest.mark.parametrize("preset", PRESETS)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.S | re.M)


def anchors(page: Path) -> set[str]:
    """The headings of a page as they are linked to."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(page: Path) -> list[list[str]]:
    """The gansmith command lines of a page's shell blocks, without the word gansmith."""
    lines = "\n".join(blocks(page, "sh")).splitlines()
    found = [re.match(r"(?:torchrun .* -m )?gansmith (.*)", line) for line in lines]
    return [shlex.split(match[1], comments=True) for match in found if match]


def section(preset: str) -> str:
    """What the page of its family says of a preset."""
    page = ROOT / "docs" / "presets" / f"{family(preset)}.md"
    sections = re.split(r"^## ", page.read_text(), flags=re.M)
    return next(text for text in sections if text.startswith(f"{preset}\n"))


def family(preset: str) -> str:
    return next(name for name, presets in FAMILIES.items() if preset in presets)


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def table_names(page: str) -> set[str]:
    """What stands in backticks in the first cells of the tables of a page."""
    rows = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", cells(row)[0])}


@pytest.fixture
def my_file(tmp_path: Path) -> Path:
    """The worked example of CONTRIBUTING.md as a file."""
    example, *_ = blocks(ROOT / "CONTRIBUTING.md", "python")
    path = tmp_path / "my_file.py"
    path.write_text(example)
    return path


@names
def test_relative_links_resolve(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)
    links = re.findall(r"\]\(([^)]+)\)", prose)
    for link in links:
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


@names
def test_commands_are_understood(
    page: Path, my_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    for command, *words in commands(page):
        if command == "COMMAND" or "--help" in words:
            continue
        words = [str(my_file) + ":my_preset" if word == MY_FILE else word for word in words]
        name = None
        options = vars(import_module(f"gansmith.cli.{command}"))[f"{command.capitalize()}Options"]
        if command in ("train", "sweep"):
            name, words = preset_of(words)
        if name is None:
            parse(options, words, f"gansmith {command}")
        else:
            parse_with_preset(options, name, words, command)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "presets").glob("*.md")), ids=str)
def test_presets_on_points_are_played_as_the_trivial_problem_that_they_solve(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests" / "conformance")
    problems = import_module("problems").PROBLEMS
    for _, preset, *words in (words for words in commands(page) if words[0] == "train"):
        if preset == "ebm" or not {"ring", "mixture-1d"} & set(words):
            continue  # what ebm reaches with its own constants stands below it
        options, keywords = parse_with_preset(TrainOptions, preset, words)
        asked, problem = PRESETS[preset].keywords, problems[preset]
        assert problem.data.args == (options.data,)
        assert asked(keywords, False) == asked(problem.keywords, False), preset
        assert options.steps == problem.steps


def test_every_command_has_an_example() -> None:
    shown = {command for command, *_ in commands(ROOT / "docs" / "cli.md")}
    assert shown == set(COMMANDS)
    listed = {words[1] for words in commands(ROOT / "docs" / "cli.md") if words[0] == "list"}
    assert listed == set(LISTS)


@presets
def test_keywords_and_general_options_do_not_collide(preset: str) -> None:
    general, own = parse_with_preset(TrainOptions, preset, ["--seed", "3"])
    assert (general.seed, own) == (3, {})


@presets
def test_its_section_has_paper_and_constants(preset: str) -> None:
    text, entry = section(preset), PRESETS[preset]
    assert f"`{preset}`, {entry.cites}" in text
    assert f"gansmith train {preset}\n" in text
    assert "Departs from the paper in:" in text
    assert "Measured:" in text
    head, _, default, paper = (cells(row) for row in text.splitlines() if row.startswith("|"))
    known = {
        name: parameter.default
        for name, parameter in inspect.signature(entry.build).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert [name.strip("`") for name in head[1:]] == list(known)
    assert default[1:] == [str(value) for value in known.values()]
    changed = [str(entry.paper[name]) if name in entry.paper else "" for name in known]
    assert (paper[0], paper[1:]) == ("`--paper`", changed)


def test_every_family_is_listed_with_its_presets() -> None:
    page = (ROOT / "docs" / "presets.md").read_text()
    rows = [cells(row) for row in page.splitlines() if re.match(r"\| \[[A-Z]", row)]
    listed = {
        match[1]: set(re.findall(r"`([^`]+)`", presets))
        for title, presets in rows
        if (match := re.search(r"presets/(\w+)\.md", title))
    }
    assert listed == {name: set(presets) for name, presets in FAMILIES.items()}


@presets
def test_it_stands_in_the_table_of_presets(preset: str) -> None:
    entry = PRESETS[preset]
    page = (ROOT / "docs" / "presets.md").read_text()
    rows = [cells(row) for row in page.splitlines() if row[:1] == "|"]
    row = next(
        row for row in rows if row[0] == f"[`{preset}`](presets/{family(preset)}.md#{preset})"
    )
    assert row[-2:] == [entry.cites, entry.data]


@pytest.mark.parametrize(
    ("page", "known"),
    [
        ("docs/objectives.md", OBJECTIVES),
        ("docs/penalties.md", PENALTIES),
        ("docs/data.md", DATA),
        ("docs/metrics.md", set(JUDGES.values())),
    ],
)
def test_every_name_stands_in_its_table(page: str, known: Any) -> None:
    missing = set(known) - table_names(page)
    assert not missing, f"{page} lacks {missing}"


def test_the_table_of_objectives_says_who_needs_real() -> None:
    page = (ROOT / "docs" / "objectives.md").read_text()
    rows = [cells(row) for row in page.splitlines() if re.match(r"\| `.*arXiv", row)]
    assert len(rows) == 7
    for name, _, _, needs_real, *_ in rows:
        assert needs_real == ("yes" if OBJECTIVES[name.strip("`")].needs_real else "no")


@pytest.mark.parametrize("name", ["fashion", "digits", "emoji", "spoken-digits"])
def test_the_accuracies_of_judges_are_those_of_their_cards(name: str) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    row = next(row for row in page.splitlines() if row.startswith(f"| `{name}`"))
    card = load_judge(name).card
    assert card is not None
    assert all(f"{100 * accuracy:.2f} %" in row for accuracy in card.accuracy.values())
    assert f"{card.size}x{card.size}" in row


@pytest.mark.parametrize("page", ["objectives.md", "penalties.md", "metrics.md", "data.md"])
def test_python_blocks_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks(ROOT / "docs" / page, "python")
    assert found
    for block in found:
        exec(compile(block, page, "exec"), {})


@pytest.mark.parametrize("name", ["relativistic", "lazy_r1"])
def test_the_example_presets_are_played(name: str, tmp_path: Path) -> None:
    path = ROOT / "docs" / "examples" / "my_preset.py"
    played(f"{path}:{name}", tmp_path)


def test_the_worked_example_is_played(my_file: Path, tmp_path: Path) -> None:
    played(f"{my_file}:my_preset", tmp_path)


@pytest.mark.parametrize("preset", [MY_FILE, "docs/examples/my_preset.py:lazy_r1"])
def test_the_documented_first_run_finds_every_mode(
    preset: str, my_file: Path, tmp_path: Path
) -> None:
    assert ["train", preset, "--data", "ring", "--steps", "500"] in [
        words for page in PAGES for words in commands(page)
    ]
    path = f"{my_file}:my_preset" if preset == MY_FILE else str(ROOT / preset)
    run = gansmith.train(path, data="ring", steps=500, out=tmp_path / "run")
    assert run.evaluate()["modes"].value == 8


def test_the_example_data_and_metrics_are_used(tmp_path: Path) -> None:
    examples = ROOT / "docs" / "examples"
    metrics = [f"{examples / 'my_metric.py'}:{name}" for name in ("worst_direction", "spread")]
    options: dict[str, Any] = dict(metrics=metrics, steps=1, batch=8, width=4)
    for name, classes in (("moons", ()), ("bars", ("0", "1"))):
        data = f"{examples / 'my_data.py'}:{name}"
        run = gansmith.train("nsgan", data=data, out=tmp_path / name, **options)
        assert run.spec.classes == classes
        worst, spread = run.measure(100, metrics=metrics).values()
        assert (worst.name, spread.name, spread.better) == ("worst_direction", "spread", "near")
        assert worst.value > 2 * (worst.real or 0)


def played(preset: str, folder: Path) -> None:
    """Plan a preset and play five steps; a lazy penalty joins the first and the fifth."""
    run = plan(preset, data="ring", steps=5, batch=16, width=4, out=folder / "run")
    trainer = run.trainer(run.recipe())
    before = {name: value.clone() for name, value in trainer.game.state_dict().items()}
    terms = [trainer.train_step() for _ in range(5)]
    assert not (folder / "run").exists()
    assert all(bool(torch.stack(list(t.values())).isfinite().all()) for t in terms)
    after = trainer.game.state_dict()
    moved = {name.split(".")[0] for name, value in before.items() if not value.equal(after[name])}
    assert moved == {"G", "D"}
    if preset.endswith("lazy_r1"):
        assert ["D_reg/penalty" in t for t in terms] == [True, False, False, False, True]


def test_the_plain_loop_learns(seed: int, within: Callable[..., None]) -> None:
    loop = ROOT / "docs" / "examples" / "loop.py"
    done = subprocess.run(
        [sys.executable, str(loop), "150", "128", str(seed)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )
    before, after = map(float, re.findall(r"distance ([\d.]+) -> ([\d.]+)", done.stdout)[0])
    assert before > 0.3
    within({"of the distance": after / before}, {"of the distance": (0, 0.2)})


def test_the_tests_that_keep_a_promise_are_there() -> None:
    """Every `pytest ...` of docs/reliability.md names files that there are, and functions by -k."""
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    named = [shlex.split(words) for words in re.findall(r"`pytest ([^`]+)`", page)]
    assert len(named) > 30
    for words in named:
        paths = [ROOT / word for word in words if word.startswith("tests")]
        assert all(path.exists() for path in paths), words
        files = [f for p in paths for f in (p.rglob("test_*.py") if p.is_dir() else [p])]
        text = "\n".join(file.read_text("utf-8") for file in files)
        for wanted in words[words.index("-k") + 1].split(" or ") if "-k" in words else ():
            assert re.search(rf"def test_\w*{wanted}", text), (words, wanted)

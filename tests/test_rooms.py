"""Who may import whom, and where the code may ask what kind of data it has.

A room is a folder of the package. Imports inside functions count; those for type checking alone
do not. `docs/design.md` has the picture.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gansmith

PACKAGE = Path(gansmith.__file__).parent
BELOW_GAMES = {"core", "losses", "penalties", "networks"}
BELOW_PRESETS = BELOW_GAMES | {"audio", "data", "games", "pretrained"}
BELOW_EVALUATION = {"core", "audio", "data", "metrics", "pretrained", "rendering", "sampling"}
BELOW_RUNS = BELOW_PRESETS | BELOW_EVALUATION | {"modalities", "evaluation", "presets"}
BELOW_TOOLS = BELOW_RUNS | {"runs"}
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "audio": {"core"},
    "penalties": {"core"},
    "pretrained": {"core", "audio"},
    "data": {"core", "audio", "pretrained"},
    "networks": {"core", "audio", "data.condition"},
    "losses": {"core", "audio", "pretrained"},
    "metrics": {"core", "audio", "pretrained"},
    "theory": {"core", "losses"},
    "games": BELOW_GAMES,
    "rendering": {"core", "audio"},
    "sampling": {"core", "data"},
    "modalities": BELOW_EVALUATION,
    "evaluation": BELOW_EVALUATION | {"modalities"},
    "presets": BELOW_PRESETS,
    "runs": BELOW_RUNS,
    "inference": BELOW_TOOLS,
    "report": BELOW_TOOLS,
    "export": BELOW_TOOLS,
    "diagnosis": BELOW_TOOLS,
    "sharing": BELOW_TOOLS,
    "sweeps": BELOW_TOOLS,
}
ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
ABOVE_ALL = {"lab", "cli", "api"}  # they may import anything below
KNOW_DATA = ("data", "modalities")  # rooms that may compare the kind of data
KNOW_CONDITIONS = ("networks.conditions",)  # one encoder for each kind of condition


def files() -> list[Path]:
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def module_of(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file) for file in files()}


def imports(file: Path) -> Iterator[str]:
    """The modules of the package that a file imports, by their names within it."""
    tree = ast.parse((PACKAGE / file).read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "gansmith":
                    yield alias.name.removeprefix("gansmith").lstrip(".")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gansmith":
            assert node.module is not None
            base = node.module.removeprefix("gansmith").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                yield full if full in MODULES else base


def room_of(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("file", files(), ids=str)
def test_a_room_imports_only_rooms_below_it(file: Path) -> None:
    module = module_of(file)
    room = room_of(module)
    for other in imports(file):
        assert other != "", f"{file} imports the package itself"
        if room in ABOVE_ALL or room not in ROOMS or room_of(other) in (room, "version"):
            continue
        known = ALLOWED[room]
        assert room_of(other) in known or other in known, f"{file} imports {other}"


def test_every_room_has_a_rule() -> None:
    assert set(ALLOWED) == ROOMS - ABOVE_ALL


def test_no_import_runs_in_a_circle() -> None:
    graph = {module_of(file): set(imports(file)) - {module_of(file)} for file in files()}
    state: dict[str, int] = {}
    path: list[str] = []

    def visit(module: str) -> None:
        state[module] = 1
        path.append(module)
        for other in sorted(graph.get(module, ())):
            if state.get(other) == 1:
                circle = " -> ".join([*path[path.index(other) :], other])
                raise AssertionError(f"a circle: {circle}")
            if other not in state:
                visit(other)
        path.pop()
        state[module] = 2

    for module in sorted(graph):
        if module not in state:
            visit(module)


def comparisons(file: Path) -> Iterator[tuple[int, str]]:
    """Where a file compares `.kind` (or `["kind"]`) with something: line and source."""
    tree = ast.parse((PACKAGE / file).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                by_name = isinstance(side, ast.Attribute) and side.attr == "kind"
                by_key = (
                    isinstance(side, ast.Subscript)
                    and isinstance(side.slice, ast.Constant)
                    and side.slice.value == "kind"
                )
                if by_name or by_key:
                    yield node.lineno, ast.unparse(node)


def allowed(module: str, source: str) -> bool:
    """Whether a module may make a comparison: of a condition's kind, or of the data's."""
    of_condition = "spec.kind" not in source and 'spec["kind"]' not in source
    return room_of(module) in KNOW_DATA or (module in KNOW_CONDITIONS and of_condition)


def test_only_data_and_modalities_compare_kinds_of_data_and_encoders_those_of_conditions() -> None:
    found = [
        f"{file}:{line}: {source}"
        for file in files()
        for line, source in comparisons(file)
        if not allowed(module_of(file), source) and "KEYWORD_ONLY" not in source
    ]
    assert not found, "\n".join(found)


def test_the_search_for_comparisons_finds_them(tmp_path: Path) -> None:
    source = 'def f(spec):\n    return spec.kind == "image" or spec["kind"] in ("a", "b")\n'
    tree = tmp_path / "x.py"
    tree.write_text(source)
    assert len(list(comparisons(tree))) == 2

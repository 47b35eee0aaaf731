"""gansmith list: a line on everything there is."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from gansmith.cli.list import LISTS, table_of
from gansmith.data import DATA
from gansmith.losses.objectives import OBJECTIVES
from gansmith.penalties import PENALTIES
from gansmith.presets import PRESETS
from gansmith.runs.plan import plan
from gansmith.runs.run import Run


def cells(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*(map(str, column.cells) for column in table.columns), strict=True))


def shown(table: Table) -> str:
    page = io.StringIO()
    Console(file=page, width=200).print(table)
    return page.getvalue()


@pytest.mark.parametrize(
    ("what", "known"),
    [("presets", PRESETS), ("objectives", OBJECTIVES), ("penalties", PENALTIES), ("data", DATA)],
)
def test_everything_is_listed_with_a_line_on_it(what: str, known: dict) -> None:
    rows = cells(table_of(what))
    assert [row[0] for row in rows] == list(known)
    for row in rows:
        assert len(row[-1]) > 10, row
        assert "partial(" not in row[-1]
    assert len({row[-1] for row in rows}) == len(rows)  # no two lines are the same


def test_a_preset_s_row_has_its_data_and_paper_once() -> None:
    row = next(row for row in cells(table_of("presets")) if row[0] == "wgan")
    assert row == ("wgan", "fashion", "arXiv:1701.07875", "Wasserstein GAN with weight clipping")


def test_a_data_set_s_row_has_its_licence() -> None:
    assert {row[0]: row[1] for row in cells(table_of("data"))}["digits"] == "CC-BY-4.0"


def test_runs_are_listed_by_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert table_of("runs").caption == "no run in runs/ yet"
    for _ in range(2):
        run = plan("nsgan", data="ring", width=4)
        Run.begin(run.folder, run.config)
    Path("runs/other").mkdir()
    assert cells(table_of("runs")) == [
        ("runs/nsgan-ring-0000", "nsgan", "ring"),
        ("runs/nsgan-ring-0001", "nsgan", "ring"),
    ]
    assert table_of("runs").caption is None


@pytest.mark.parametrize("what", LISTS)
def test_lines_are_not_taken_for_markup(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = shown(table_of(what))
    for row in cells(table_of(what)):
        assert row[0] in page
    if what == "objectives":
        assert "E_q[" in page  # not taken for markup

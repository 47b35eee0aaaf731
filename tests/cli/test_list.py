import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from gansmith.api import plan
from gansmith.cli.list import LISTS, listing
from gansmith.data import DATA
from gansmith.losses.objectives import OBJECTIVES
from gansmith.penalties import PENALTIES
from gansmith.presets import PRESETS
from gansmith.runs.run import Run


def cells(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*(column.cells for column in table.columns), strict=True))  # type: ignore[arg-type]


def shown(table: Table) -> str:
    page = io.StringIO()
    Console(file=page, width=200).print(table)
    return page.getvalue()


@pytest.mark.parametrize(
    ("what", "known"),
    [("presets", PRESETS), ("objectives", OBJECTIVES), ("penalties", PENALTIES), ("data", DATA)],
)
def test_everything_is_listed_with_a_line_on_it(what: str, known: dict) -> None:
    rows = cells(listing(what))
    assert [row[0] for row in rows] == list(known)
    for row in rows:
        assert len(row[-1]) > 10, row
        assert "partial(" not in row[-1]
    assert len({row[-1] for row in rows}) == len(rows)  # no two lines are the same


def test_a_preset_s_row_has_its_data_and_paper_once() -> None:
    row = next(row for row in cells(listing("presets")) if row[0] == "wgan")
    assert row == ("wgan", "fashion", "arXiv:1701.07875", "Wasserstein GAN with weight clipping")


def test_a_data_set_s_row_has_its_licence() -> None:
    assert {row[0]: row[1] for row in cells(listing("data"))}["digits"] == "CC-BY-4.0"


def test_runs_are_listed_by_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert listing("runs").caption == "no run in runs/ yet"
    for _ in range(2):
        run = plan("nsgan", data="ring", width=4)
        Run.begin(run.folder, run.config)
    Path("runs/other").mkdir()
    assert cells(listing("runs")) == [
        ("runs/nsgan-ring-0000", "nsgan", "ring"),
        ("runs/nsgan-ring-0001", "nsgan", "ring"),
    ]
    assert listing("runs").caption is None


@pytest.mark.parametrize("what", LISTS)
def test_what_is_said_is_shown_as_it_is_written(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = shown(listing(what))
    for row in cells(listing(what)):
        assert row[0] in page
    if what == "objectives":
        assert "E_q[" in page  # not taken for markup

"""gansmith list: a line on everything there is."""

import io
import json
import math
import os
import re
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
from tests.conformance.small import SMALL


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
    assert [row[0].split("\n")[0] for row in rows] == list(known)
    for row in rows:
        assert len(row[-1]) > 10, row
        assert "partial(" not in row[-1]
    assert len({row[-1] for row in rows}) == len(rows)  # no two lines are the same


def test_a_preset_s_row_has_its_paper_once_and_what_data_it_takes() -> None:
    rows = {row[0]: row[1:] for row in cells(table_of("presets"))}
    assert rows["wgan\narXiv:1701.07875"] == (
        "images or points (fashion)",
        "Wasserstein GAN with weight clipping",
    )
    assert rows["cyclegan\narXiv:1703.10593"][0].startswith("two domains of images or sounds (")
    assert not [row for row in rows.values() if "arXiv" in row[-1]]


TAKES = {  # cases of the conformance suite -> a word of what a preset of such data says it takes
    "points": "points", "text": "text|sentences", "audio": "sounds", "noisy": "pairs of sounds",
    "clips": "clips|any kind", "people": "persons", "labels": "labels", "class": "classes|any kind",
    "sentence": "sentences", "log-mel": "sounds", "attributes": "attributes", "edges": "pairs",
    "few labels": "some of them labelled",
}  # fmt: skip


def test_what_a_preset_says_it_takes_is_what_the_suite_trains_it_on() -> None:
    for name, cases in SMALL.items():
        for case in cases.keys() & TAKES.keys():
            assert re.search(TAKES[case], PRESETS[name].takes), (name, case)
        if "points" not in cases:
            assert "points" not in PRESETS[name].takes


def test_a_data_set_s_row_has_its_licence() -> None:
    assert {row[0]: row[1] for row in cells(table_of("data"))}["digits"] == "CC-BY-4.0"


def test_runs_are_listed_by_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert table_of("runs").caption == "no run in runs/ yet"
    for _ in range(2):
        run = plan("nsgan", data="ring", width=4)
        Run.begin(run.folder, run.config)
    Path("runs/other").mkdir()
    rows = cells(table_of("runs"))
    assert [row[:3] for row in rows] == [
        ("runs/nsgan-ring-0000", "nsgan on ring", "0 of 8000"),
        ("runs/nsgan-ring-0001", "nsgan on ring", "0 of 8000"),
    ]
    assert table_of("runs").caption is None


def test_a_run_s_row_has_its_step_best_score_date_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = plan("nsgan", data="ring", width=4, steps=8)
    Run.begin(run.folder, run.config)
    (run.folder / "checkpoints").mkdir()
    (run.folder / "checkpoints" / "00000008.safetensors").write_bytes(bytes(3_000_000))
    scores = [(0, 1.0), (2, 7.0), (4, 5.0), (6, 6.0), (8, math.nan)]
    lines = [json.dumps({"step": s, "metric": "distance", "value": v}) for s, v in scores]
    (run.folder / "scores.jsonl").write_text("\n".join(lines) + "\n")
    for path in run.folder.rglob("*"):
        os.utime(path, (1e9, 1e9))
    ((_, _, step, score, written, size),) = cells(table_of("runs"))
    assert (step, score, size) == ("8 of 8", "5 distance", "3.0 MB")
    assert written.startswith("2001-09-0")
    page = io.StringIO()
    Console(file=page, width=80).print(table_of("runs"))
    assert "5 distance" in page.getvalue()
    assert "…" not in page.getvalue()


@pytest.mark.parametrize("what", LISTS)
def test_lines_are_not_taken_for_markup(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = shown(table_of(what))
    for row in cells(table_of(what)):
        assert row[0].split("\n")[0] in page
    if what == "objectives":
        assert "E_q[" in page  # not taken for markup

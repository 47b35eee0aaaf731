"""The script for whoever has a GPU runs on a processor, in small."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gansmith.core import distributed

ROOT = Path(__file__).parents[1]


def test_the_gpu_script_runs_on_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "_kind", "auto")
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    words = ["gpu.py", "--device", "cpu", "--tiny", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    import gpu

    with pytest.raises(SystemExit) as end:
        gpu.main()
    page = json.loads((tmp_path / "gpu.json").read_text("utf-8"))
    assert end.value.code == 0, page
    assert page["left out"] == {}
    assert {part: len(rows) for part, rows in page["rows"].items()} == {
        "presets": 4, "resume": 1, "quality": 1, "speed": 5,
    }  # fmt: skip
    assert page["rows"]["resume"]["cpu to cpu"] == {"largest difference": 0}
    table = (tmp_path / "gpu.md").read_text("utf-8")
    assert all(f"## {part}" in table for part in page["rows"])


def test_a_part_without_time_and_a_row_that_fails_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    import gpu

    def broken() -> gpu.Row:
        raise RuntimeError("out of memory")

    results = gpu.Results(tmp_path, {"device": "none"})
    assert results.play("late", iter([("one", dict), ("two", dict)]), -1.0) == 0
    assert results.play("bad", iter([("one", broken), ("two", lambda: {"ms": 2.0})]), 60.0) == 1
    table = (tmp_path / "gpu.md").read_text("utf-8")
    assert "Left out for lack of time: one, two." in table
    assert "| one | RuntimeError: out of memory |  |" in table
    assert "| two |  | 2 |" in table

"""gansmith evaluate: numbers, printed and written."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

import gansmith
from gansmith.cli import main
from gansmith.core.rng import Rng

Command = Callable[..., str]
TINY = ["--width", "4", "--batch", "8"]


def test_evaluate_prints_and_writes_the_numbers(ring: Path, said: Command) -> None:
    text = said("evaluate", ring, "-n", "200")
    assert "generated" in text
    assert f"wrote {ring}/metrics.json" in text
    page = json.loads((ring / "metrics.json").read_text())
    assert all(number["name"] in " ".join(text.split()) for number in page["numbers"].values())


def test_a_translator_is_measured_in_both_directions(cycle: Path, said: Command) -> None:
    said("evaluate", cycle / "run")
    page = json.loads((cycle / "run" / "metrics.json").read_text())
    assert {name[-6:] for name in page["numbers"]} == {"a_to_b", "b_to_a"}


def test_too_little_data_to_measure_against_is_said(said: Command, refused: Command) -> None:
    folder = Path("few")
    folder.mkdir()
    for n in range(12):
        pixels = Rng(n).integers(256, 8, 8).to(torch.uint8).numpy()
        Image.fromarray(pixels).save(folder / f"{n}.png")
    said("train", "nsgan", "--data", "few", *TINY, "--steps", "1", "--out", "run")
    assert "larger --val" in refused("evaluate", "run")


def test_fewer_samples_than_wanted_are_said(ring: Path, said: Command) -> None:
    assert "samples were measured and not 100000: no more than" in " ".join(
        said("evaluate", ring, "-n", "100000").split()
    )
    assert "were measured and not" not in said("evaluate", ring, "-n", "64")


def test_the_numbers_of_a_run_that_cannot_be_written_are_printed(
    ring: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(SystemExit):
        main(["evaluate", str(ring), "-n", "64"])
    page = capsys.readouterr()
    assert "energy distance" in page.out
    assert "the numbers could not be saved: [Errno 30] Read-only file system" in page.err


def test_python_hears_at_once_that_a_run_cannot_be_written(
    ring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = gansmith.open_run(ring)
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr(type(run), "game", None)  # nothing is computed
    with pytest.raises(OSError, match="cannot write in .*run: it is read-only"):
        run.evaluate(64)

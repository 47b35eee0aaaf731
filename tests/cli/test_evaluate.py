"""gansmith evaluate: numbers, printed and written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

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

"""The sheet of a game: one state gives one sheet, whatever the game makes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.data import Dataset, build, domains_dataset, open_data
from gansmith.data.audio import audio_dataset
from gansmith.modalities.sheet import SHOWN, sheet_of
from gansmith.rendering.grid import GAP


class Painter(nn.Module):
    """Samples out of the given stream, through one weight; translates by turning light to dark."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape
        self.weight = nn.Parameter(torch.tensor(0.5))

    def sample(self, n: int, rng: Rng) -> Tensor:
        return (self.weight * rng.normal(n, *self.shape)).detach()

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        return (-x if target == "b" else x * 0).detach()


class Writer(nn.Module):
    def sample(self, n: int, rng: Rng) -> Tensor:
        return rng.integers(3, n, 4)


class ByClass(Painter):
    condition_field = "label"

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        assert conditions.tolist() == [n % 10 for n in range(64)]
        return self.sample(len(conditions), rng)


class Guesser(nn.Module):
    """Takes every image for a class of its own place."""

    def __init__(self, chosen: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.chosen = chosen

    def classify(self, x: Tensor) -> Tensor:
        assert x.dtype == torch.float32
        return torch.eye(10)[self.chosen].expand(len(x), -1)


def images(n: int, value: int = 0, channels: int = 1) -> Dataset:
    real = torch.full((n, channels, 8, 8), value, dtype=torch.uint8)
    return build.image_dataset("tiny", {"real": real}, {"real": real})


TONES = 0.3 * torch.sin(torch.arange(4096) / 3.0).expand(9, -1)
SENTENCES = {"tokens": torch.ones(2, 4, dtype=torch.int16), "lengths": torch.tensor([4, 4])}
CASES = {
    "image": (Painter(1, 8, 8), images(4), ".png"),
    "color": (Painter(3, 8, 8), images(4, channels=3), ".png"),
    "classes": (ByClass(1, 8, 8), open_data("digits"), ".png"),
    "points": (Painter(2), build.points_dataset("p", torch.rand(9, 2), torch.rand(9, 2)), ".png"),
    "line": (Painter(1), build.points_dataset("p", torch.rand(9, 1), torch.rand(9, 1)), ".png"),
    "audio": (Painter(4096), audio_dataset("a", {"real": TONES}, {"real": TONES}, 8000), ".png"),
    "domains": (
        Painter(),
        domains_dataset("u", {"a": images(9, 30), "b": images(9, 200)}),
        ".png",
    ),
    "text": (
        Writer(),
        build.text_dataset("t", *[SENTENCES] * 2, vocabulary=("", "yes", "no")),
        ".txt",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_one_state_gives_one_sheet(tmp_path: Path, kind: str) -> None:
    game, dataset, suffix = CASES[kind]
    first = sheet_of(game, dataset, seed=3)
    assert first.suffix == suffix
    path = first.write(tmp_path / "one" / "00000250")
    assert path == tmp_path / "one" / f"00000250{suffix}"
    assert path.read_bytes() == first.content
    torch.randn(5)  # the global stream has no say
    assert sheet_of(game, dataset, seed=3) == first
    if kind != "domains":
        assert sheet_of(game, dataset, seed=4) != first


def test_a_sheet_of_images_has_eight_rows_of_eight() -> None:
    game, dataset, _ = CASES["image"]
    with Image.open(io.BytesIO(sheet_of(game, dataset, seed=0).content)) as image:
        side = 8 * 8 + 7 * GAP
        assert image.size == (512 // side * side,) * 2


def test_a_sheet_of_classes_has_a_row_for_each() -> None:
    game, dataset, _ = CASES["classes"]
    with Image.open(io.BytesIO(sheet_of(game, dataset, seed=0).content)) as image:
        scale, rest = divmod(image.height, 10 * (8 + GAP) - GAP)
        assert (scale, rest) == (7, 0)
        assert image.width > scale * (6 * (8 + GAP) - GAP)  # six of each, and the names


def test_a_sheet_of_sentences_has_a_line_for_each() -> None:
    game, dataset, _ = CASES["text"]
    text = sheet_of(game, dataset, seed=0).content.decode()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 64
    assert set(text.split()) == {"yes", "no"}


def test_the_sheet_of_a_classifier_shows_held_out_images_with_their_classes() -> None:
    dataset = open_data("digits")
    sheet = sheet_of(Guesser(3), dataset, seed=0)
    assert sheet.suffix == ".png"
    assert sheet == sheet_of(Guesser(3), dataset, seed=1)
    assert sheet != sheet_of(Guesser(4), dataset, seed=0)
    page = np.asarray(Image.open(io.BytesIO(sheet.content)).convert("RGB")).astype(int)
    wrong = int((dataset.held_out["label"][:SHOWN] != 3).sum())
    assert ((page[..., 0] - page[..., 1]) > 80).sum() > 5 * wrong  # wrong ones are red

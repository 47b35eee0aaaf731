"""Domains: every ordered pair is a direction that is shown, scored and measured."""

from __future__ import annotations

import io
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Dataset, build, domains_dataset
from gansmith.data.audio import audio_dataset
from gansmith.modalities import MODALITIES, domains, modality_of
from gansmith.modalities.image import judge_of
from gansmith.rendering.grid import GAP

SHADES = {"a": 30, "b": 200, "c": 90}


class Painter(nn.Module):
    """Turns light to dark on the way to b, and makes everything grey elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.ways: list[tuple[str, str]] = []

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        self.ways.append((source, target))
        return -x if target == "b" else x * 0


class Shader(Painter):
    """Gives every image the shade of the target domain."""

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        self.ways.append((source, target))
        return torch.full_like(x, SHADES[target] / 127.5 - 1)


def images(n: int, value: int = 0, channels: int = 1) -> Dataset:
    real = torch.full((n, channels, 8, 8), value, dtype=torch.uint8)
    return build.image_dataset("tiny", {"real": real}, {"real": real})


def shades(*names: str, paired: bool = False) -> Dataset:
    parts = {name: images(9, SHADES[name]) for name in names}
    return domains_dataset("shades", parts, paired=paired)


def textures(paired: bool = False) -> Dataset:
    """Three domains of noise, 16 images each."""
    parts = {}
    for seed, name in enumerate("abc"):
        real = Rng(seed).integers(256, 16, 1, 8, 8).to(torch.uint8)
        parts[name] = build.image_dataset("tiny", {"real": real}, {"real": real})
    return domains_dataset("textures", parts, paired=paired)


def middles(content: bytes, columns: int, rows: int) -> list[list[int]]:
    with Image.open(io.BytesIO(content)) as page:
        assert page.width % (columns * (8 + GAP) - GAP) == 0
        assert page.height * (columns * (8 + GAP) - GAP) == page.width * (rows * (8 + GAP) - GAP)
        x = ((np.arange(columns) + 0.5) / columns * page.width).astype(int)
        y = ((np.arange(rows) + 0.5) / rows * page.height).astype(int)
        return np.asarray(page.convert("L"))[y][:, x].tolist()


@pytest.mark.parametrize(("left", "right"), [(9, 9), (3, 20), (20, 3)])
def test_translations_stand_below_their_images(left: int, right: int) -> None:
    columns = min(left, right, domains.COLUMNS)
    data = domains_dataset("u", {"a": images(left, 30), "b": images(right, 200)})
    sheet = domains.sheet(Painter(), data, modality_of(data.spec))
    found = middles(sheet.content, columns, 4)
    assert found == [[value] * columns for value in (30, 225, 200, 128)]


def test_of_three_domains_both_translations_stand_below_the_images() -> None:
    data = shades("a", "b", "c")
    game = Shader()
    sheet = domains.sheet(game, data, modality_of(data.spec))
    rows = [30, 200, 90, 200, 30, 90, 90, 30, 200]
    assert middles(sheet.content, 9, 9) == [[value] * 9 for value in rows]
    assert game.ways == list(permutations("abc", 2))


def test_twelve_are_shown_at_most() -> None:
    data = domains_dataset("u", {"a": images(40), "b": images(40)})
    sheet = domains.sheet(Painter(), data, modality_of(data.spec))
    with Image.open(io.BytesIO(sheet.content)) as page:
        assert page.width % (12 * (8 + GAP) - GAP) == 0


def test_domains_of_sentences_are_lines_and_those_of_audio_spectra() -> None:
    tokens = torch.tensor([[1, 2], [2, 1], [2, 2], [1, 1]], dtype=torch.int16)
    fields = {"tokens": tokens, "lengths": torch.full((4,), 2)}
    part = build.text_dataset("t", fields, fields, ("", "yes", "no"))
    data = domains_dataset("u", {"a": part, "b": part})

    class Same(Painter):
        def translate(self, x: Tensor, source: str, target: str) -> Tensor:
            return x

    sheet = domains.sheet(Same(), data, modality_of(data.spec))
    assert sheet.suffix == ".txt"
    lines = ["yes no", "no yes", "no no", "yes yes"]
    assert sheet.content.decode().splitlines() == lines * 4
    tones = 0.3 * torch.sin(torch.arange(4096) / 3.0).expand(5, -1)
    audio = audio_dataset("a", {"real": tones}, {"real": tones}, 8000)
    data = domains_dataset("u", {"a": audio, "b": audio})
    sheet = domains.sheet(Same(), data, modality_of(data.spec))
    with Image.open(io.BytesIO(sheet.content)) as page:
        assert page.height > 4 * 129


def test_the_score_is_the_mean_over_directions() -> None:
    data = shades("a", "b", "c")
    modality = MODALITIES["image"]
    assert domains.score(Shader(), data, modality) == pytest.approx(0, abs=1e-6)
    found = []
    for source, target in permutations("abc", 2):
        x = to_float(data.domains[source].train["real"])
        found.append(modality.score(Painter().translate(x, source, target), data.domains[target]))
    assert domains.score(Painter(), data, modality) == pytest.approx(sum(found) / 6)


def test_true_pairs_are_compared_where_there_are_some() -> None:
    data, modality = shades("a", "b", paired=True), MODALITIES["image"]
    found = domains.measure(Shader(), data, modality, only=["l1_to_pair_a_to_b"])
    assert list(found) == ["l1_to_pair_a_to_b"]
    assert found["l1_to_pair_a_to_b"].value == 0
    assert found["l1_to_pair_a_to_b"].name == "L1 to pair, a to b"
    key = "l1_of_input_to_pair_b_to_a"
    found = domains.measure(Shader(), data, modality, only=[key])
    assert found[key].value == pytest.approx(170 / 255)
    assert key in domains.available(data, modality)
    assert key not in domains.available(shades("a", "b"), modality)


def test_only_the_wanted_directions_and_numbers_are_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    data, modality, game = textures(paired=True), MODALITIES["image"], Shader()
    monkeypatch.setattr(type(judge_of(data.spec)), "extract", refuse)
    with monkeypatch.context() as patch:
        patch.setattr(type(modality), "measure", refuse)
        domains.measure(game, data, modality, only=["l1_to_pair_c_to_a"])
    assert game.ways == [("c", "a")]
    found = domains.measure(game, data, modality, only=["sharpness_a_to_b"])
    assert list(found) == ["sharpness_a_to_b"]
    assert game.ways == [("c", "a"), ("a", "b")]
    with pytest.raises(AssertionError, match="computed"):
        domains.measure(game, data, modality, only=["cfid_a_to_b"])


def test_the_numbers_that_are_named_are_those_that_are_measured() -> None:
    data, modality = textures(), MODALITIES["image"]
    found = domains.measure(Painter(), data, modality)
    assert set(found) == set(domains.available(data, modality))

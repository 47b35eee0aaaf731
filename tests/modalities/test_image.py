"""Images: sheets, files, comparisons, and the judge that scores them."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.data import Condition, Dataset, open_data
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.transforms.degrade import degrade
from gansmith.data.transforms.windows import clip_dataset
from gansmith.metrics.image_report import METRICS
from gansmith.modalities import MODALITIES, Sheet, image
from gansmith.modalities.image import judge_of
from gansmith.rendering.grid import GAP

IMAGES = MODALITIES["image"]


@cache
def digits() -> Dataset:
    return open_data("digits")


def samples(n: int) -> Tensor:
    return to_float(digits().train["real"][:n])


def middles(sheet: Sheet, columns: int, rows: int) -> list[list[list[int]]]:
    """The color in the middle of every place of a grid, whatever it was enlarged by."""
    with Image.open(io.BytesIO(sheet.content)) as page:
        x = ((np.arange(columns) + 0.5) / columns * page.width).astype(int)
        y = ((np.arange(rows) + 0.5) / rows * page.height).astype(int)
        return np.asarray(page.convert("RGB"))[y][:, x].tolist()


def flat(*values: int, channels: int = 1, side: int = 16) -> Tensor:
    column = torch.tensor(values, dtype=torch.uint8)[:, None, None, None]
    return column.expand(-1, channels, side, side).contiguous()


def test_a_sheet_of_pairs_has_rows_of_inputs_outputs_and_true_images() -> None:
    real, given = flat(*range(0, 240, 20)), flat(*range(5, 245, 20))
    data = image_dataset("x", {"real": real}, {"real": real})
    data = with_condition(data, Condition("image", (), channels=1, height=16, width=16),
                          given, given)  # fmt: skip
    made = to_float(flat(*range(10, 250, 20)))
    rows = middles(IMAGES.sheet(made, data, given), 12, 3)
    shown = [[pixel[0] for pixel in row] for row in rows]
    assert shown == [[x[0, 0, 0].item() for x in row] for row in (given, flat(*range(10, 250, 20)),
                                                                  real)]  # fmt: skip


def test_a_sheet_of_clips_shows_past_prediction_and_truth_in_rows() -> None:
    clips = [flat(*(first + 10 * t for t in range(5)), channels=3) for first in (20, 90)]
    data = clip_dataset("clips", clips, clips, 2)
    given = data.conditions(data.held_out, 1)
    sheet = IMAGES.sheet(torch.full((1, 3, 16, 16), 1.0), data, given)
    rows = [row[0] for row in middles(sheet, 1, 4)]
    assert rows == [[20] * 3, [30] * 3, [255] * 3, [40] * 3]


def test_a_sheet_of_classes_shows_them_in_rows_beside_their_names() -> None:
    label = torch.arange(64) % 3
    real = flat(*(60 + 60 * label).tolist())
    data = image_dataset("x", *[{"real": real, "label": label}] * 2, classes=("a", "b", "cc"))
    sheet = IMAGES.sheet(to_float(real), data, label)
    with Image.open(io.BytesIO(sheet.content)) as page:
        shown = np.asarray(page.convert("L")).astype(int)
    names, images = shown[:, :24], shown[:, -100:]
    assert 0.7 < shown.shape[1] / shown.shape[0] < 1.4
    assert [value for value in dict.fromkeys(images[:, -1].tolist()) if value < 255] == [
        60,
        120,
        180,
    ]
    thirds = np.array_split(names, 3)
    assert all((third < 128).any() for third in thirds)  # a name beside each


def test_the_hole_and_the_mask_of_a_condition_are_not_shown_as_an_image() -> None:
    data = degrade("hole", digits())
    given = data.conditions(data.held_out, 12)
    sheet = IMAGES.sheet(samples(12), data, given)
    with Image.open(io.BytesIO(sheet.content)) as page:
        assert page.width % (12 * (8 + GAP) - GAP) == 0
        assert page.height * (12 * (8 + GAP) - GAP) == page.width * (3 * (8 + GAP) - GAP)


def test_every_image_is_a_file(tmp_path: Path) -> None:
    IMAGES.save([samples(3)], tmp_path / "out", digits())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{n:05d}.png" for n in range(3)
    ]
    with Image.open(tmp_path / "out" / "00002.png") as page:
        assert np.array_equal(np.array(page), digits().train["real"][2, 0].numpy())


def test_a_comparison_has_a_row_for_each_name() -> None:
    named = {"real": digits().held_out["real"], "mine": samples(12)}
    sheet = IMAGES.compare(named, digits())
    assert sheet.suffix == ".png"
    with Image.open(io.BytesIO(sheet.content)) as page:
        assert page.width > page.height > 100


def test_real_images_score_lower_than_noise_and_uint8_as_floats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image.Image, "score_count", 200)
    real = IMAGES.score(samples(200), digits())
    assert real == IMAGES.score(digits().train["real"][:200], digits())
    assert 0 <= real < 0.3 * IMAGES.score(torch.randn(200, 1, 8, 8).clamp(-1, 1), digits())


def test_the_judge_of_a_style_is_that_of_the_whole_set() -> None:
    noto, emoji = (open_data(name).spec for name in ("emoji:noto", "emoji"))
    assert judge_of(noto) is judge_of(replace(noto, name="grey:emoji:noto"))
    assert judge_of(noto).description == judge_of(emoji).description
    garments = open_data("fashion").spec
    assert judge_of(replace(garments, name="fashion-mnist")) is judge_of(garments)


def test_only_the_wanted_numbers_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("computed")

    for key, metric in METRICS.items():
        if key != "sharpness":
            monkeypatch.setitem(METRICS, key, replace(metric, compute=refuse))
    monkeypatch.setattr(type(judge_of(digits().spec)), "extract", refuse)
    found = IMAGES.measure(samples(50), digits(), only=["sharpness"])
    assert list(found) == ["sharpness"]
    with pytest.raises(AssertionError, match="computed"):
        IMAGES.measure(samples(50), digits(), only=["cfid"])


def test_the_numbers_that_are_named_are_those_that_are_measured() -> None:
    found = IMAGES.measure(samples(50), digits())
    known = IMAGES.available(digits())
    assert set(found) == set(known)
    assert all(number.better == known[key] for key, number in found.items())


def test_exported_images_become_bytes() -> None:
    y = 2 * torch.rand(16, 1, 8, 8) - 1
    (line,) = IMAGES.code("G", y)
    there: dict[str, Any] = {"torch": torch, "y": y}
    exec(line, there)
    assert (there["pixels"].dtype, there["pixels"].shape) == (torch.uint8, (16, 1, 8, 8))

"""Grids and rows of images, down to the pixel."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.rendering.grid import GAP, make_grid, named_rows, stacked_rows, to_pil


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def flat(values: list[int], channels: int, side: int = 100) -> Tensor:
    """Images of one value each; six or more of this side in a row are not enlarged."""
    return torch.tensor(values, dtype=torch.uint8)[:, None, None, None].expand(
        -1, channels, side, side
    )


def test_images_fill_rows_with_gaps_on_white() -> None:
    sheet = pixels(make_grid(flat([10, 20, 30, 40, 50], 3, 200), 3))
    assert sheet.shape == (2 * 200 + GAP, 3 * 200 + 2 * GAP, 3)
    for place, value in enumerate([10, 20, 30, 40, 50]):
        y, x = place // 3 * (200 + GAP), place % 3 * (200 + GAP)
        assert (sheet[y : y + 200, x : x + 200] == value).all()
    gaps = [sheet[200 : 200 + GAP], sheet[:, 200 : 200 + GAP], sheet[:, 400 + GAP : 400 + 2 * GAP]]
    assert all((gap == 255).all() for gap in gaps)
    assert (sheet[200 + GAP :, 2 * (200 + GAP) :] == 255).all()


def test_colors_are_kept_and_one_channel_is_grey() -> None:
    color = torch.tensor([9, 99, 199], dtype=torch.uint8)[None, :, None, None]
    assert pixels(make_grid(color.expand(1, 3, 300, 300), 1))[5, 5].tolist() == [9, 99, 199]
    assert pixels(make_grid(flat([77], 1, 300), 1))[5, 5].tolist() == [77, 77, 77]


def test_small_images_are_enlarged_in_whole_pixels() -> None:
    images = torch.arange(64, dtype=torch.uint8).view(1, 1, 8, 8)
    sheet = pixels(make_grid(images, 1))
    assert sheet.shape == (512, 512, 3)
    assert (sheet[:, :, 0] == np.kron(np.arange(64).reshape(8, 8), np.ones((64, 64)))).all()


def middles(image: Image.Image, columns: int, rows: int) -> list[list[int]]:
    """The first channel in the middle of every place of a grid, whatever it was enlarged by."""
    x = ((np.arange(columns) + 0.5) / columns * image.width).astype(int)
    y = ((np.arange(rows) + 0.5) / rows * image.height).astype(int)
    return pixels(image)[y][:, x, 0].tolist()


def test_stacked_rows_stand_block_by_block() -> None:
    above, below = flat([1, 2, 3, 4], 1), flat([11, 12, 13, 14], 3)
    assert middles(stacked_rows([above, below], 2), 2, 4) == [[1, 2], [11, 12], [3, 4], [13, 14]]


def test_stacked_rows_are_brought_to_the_size_and_count_of_the_last() -> None:
    rows = [flat([5, 6, 7], 1, 25), flat([8, 9], 1, 100)]
    assert middles(stacked_rows(rows, 2), 2, 2) == [[5, 6], [8, 9]]
    assert middles(stacked_rows(rows, 3), 3, 2) == [[5, 6, 8], [9, 255, 255]]  # less than a row


def test_named_rows_have_a_row_for_each_name_and_the_same_bytes_again() -> None:
    bright, dark = flat([250] * 20, 1, 8), to_float(flat([5] * 20, 3, 8))
    one = Image.open(io.BytesIO(named_rows({"bright": bright})))
    two = Image.open(io.BytesIO(named_rows({"bright": bright, "dark": dark})))
    assert two.width == one.width
    assert two.height == pytest.approx(2 * one.height, abs=2)
    light = pixels(two.convert("L"))[:, two.width // 2]
    assert light[two.height // 4] > 240
    assert light[3 * two.height // 4] < 15
    again = named_rows({"bright": bright, "dark": dark})
    assert again == named_rows({"bright": bright, "dark": dark})


def test_a_single_image_is_grey_or_colored() -> None:
    grey, color = torch.zeros(1, 4, 6, dtype=torch.uint8), torch.zeros(3, 4, 6, dtype=torch.uint8)
    assert (to_pil(grey).mode, to_pil(grey).size) == ("L", (6, 4))
    assert (to_pil(color).mode, to_pil(color).size) == ("RGB", (6, 4))


def test_a_few_images_make_a_narrow_grid() -> None:
    few = make_grid(torch.zeros(3, 1, 600, 600, dtype=torch.uint8), 8)
    assert few.size == (3 * 602 - 2, 600)

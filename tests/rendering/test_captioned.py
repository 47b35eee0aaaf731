"""Images with lines of text below."""

import io

import numpy as np
import torch
from PIL import Image

from gansmith.rendering.captioned import COLUMNS, captioned


def reddish(content: bytes) -> int:
    """The number of pixels that are red."""
    page = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
    return int(((page[..., 0] - page[..., 1]) > 80).sum())


def test_wrong_labels_are_red_and_missed_ones_are_written_too() -> None:
    images = torch.full((2, 1, 16, 16), 128, dtype=torch.uint8)
    right = captioned(images, [["cat"], ["dog"]], [["cat"], ["dog"]])
    wrong = captioned(images, [["cat"], ["cat"]], [["cat"], ["dog"]])
    missed = captioned(images, [["cat"], []], [["cat"], ["dog"]])
    assert reddish(right) == reddish(missed) == 0
    assert reddish(wrong) > 10
    assert len({right, wrong, missed}) == 3
    assert right == captioned(images, [["cat"], ["dog"]], [["cat"], ["dog"]])


def test_more_images_take_more_rows_and_colors_are_kept() -> None:
    images = torch.zeros(COLUMNS + 1, 3, 8, 8, dtype=torch.uint8)
    images[:, 0] = 250
    names = [["a"]] * (COLUMNS + 1)
    few, many = (
        Image.open(io.BytesIO(captioned(images[:n], names[:n], names[:n])))
        for n in (COLUMNS, COLUMNS + 1)
    )
    assert many.width == few.width
    assert many.height > 1.8 * few.height
    assert reddish(captioned(images, names, names)) > 1000


def test_images_without_any_label_are_shown() -> None:
    page = captioned(torch.zeros(2, 1, 8, 8, dtype=torch.uint8), [[], []], [[], []])
    assert Image.open(io.BytesIO(page)).size[0] > 300

"""Images of classes with their names."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from gansmith.rendering.class_sheet import FEW, MOST, class_sheet


def shown(classes: int, count: int, side: int = 28) -> Image.Image:
    images = torch.full((count, 1, side, side), 100, dtype=torch.uint8)
    names = [f"class {i}" for i in range(max(classes, 1))]
    page = class_sheet(images, torch.arange(count) % classes, names)
    return Image.open(io.BytesIO(page)).convert("L")


@pytest.mark.parametrize("side", [28, 64])
@pytest.mark.parametrize("classes", [1, 2, 3, 5, 10, FEW])
def test_few_classes_have_as_many_images_each_and_the_sheet_is_no_strip(
    classes: int, side: int
) -> None:
    page = np.asarray(shown(classes, 64, side))
    assert 0.45 < page.shape[1] / page.shape[0] < 1.5
    assert max(page.shape) > 500
    grey = (page == 100).sum()
    scale = round((grey / (64 // classes * classes * side**2)) ** 0.5)
    each = grey / (scale * side) ** 2 / classes
    assert each == pytest.approx(round(each), abs=1e-9)
    assert each > 0.8 * (64 // classes)


@pytest.mark.parametrize("classes", [FEW + 1, 47, 64])
def test_of_many_classes_there_is_one_image_each_with_its_name(classes: int) -> None:
    page = shown(classes, 64)
    grey = (np.asarray(page) == 100).sum()
    scale = {13: 7}.get(classes, 4)
    assert grey / (scale * 28) ** 2 == pytest.approx(min(classes, MOST), abs=1e-9)
    assert 0.7 < page.width / page.height < 1.3


def test_a_few_single_images_stand_side_by_side() -> None:
    page = shown(5, 5)
    assert 1 < page.width / page.height < 1.7


def test_the_same_images_are_the_same_bytes() -> None:
    images = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
    labels = torch.tensor([0, 0, 1, 1])
    once, again = (class_sheet(images, labels, ["a", "a name that is much too long"]) for _ in "ab")
    assert once == again

"""Images as tensors and as files."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from gansmith.core.images import (
    check_images,
    figure_png,
    gaussian_blur,
    gaussian_kernel,
    png_bytes,
    resize,
    to_channels,
    to_float,
    to_uint8,
)
from gansmith.core.rng import Rng


def test_bytes_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    unit = to_float(levels)
    assert (float(unit.min()), float(unit.max()), unit.dtype) == (-1, 1, torch.float32)
    assert torch.equal(to_uint8(unit), levels)
    assert to_uint8(levels) is levels
    outside = torch.tensor([-7.0, -1.0, -0.999, 0.003, 1.0, 7.0])
    assert to_uint8(outside).tolist() == [0, 0, 0, 128, 255, 255]


def test_floats_stay_as_they_are_and_are_not_changed_in_place() -> None:
    x = 2 * Rng(0).uniform(2, 3, 4, 4) - 1
    assert to_float(x) is x
    assert torch.equal(to_float(x.double()), x)
    levels = torch.full((1, 1, 2, 2), 255, dtype=torch.uint8)
    to_float(levels)
    assert levels.unique().tolist() == [255]


def test_images_go_where_a_module_is() -> None:
    module = nn.Linear(1, 1, device="meta")
    assert to_float(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), module).device.type == "meta"


def test_grey_and_color() -> None:
    red = torch.stack([torch.ones(1, 4, 4), -torch.ones(1, 4, 4), -torch.ones(1, 4, 4)], 1)
    torch.testing.assert_close(to_channels(red, 1), torch.full((1, 1, 4, 4), 2 * 0.299 - 1))
    grey = Rng(0).uniform(2, 1, 4, 4)
    assert torch.equal(to_channels(to_channels(grey, 3), 3)[:, 2:], grey)
    primaries = torch.eye(3, dtype=torch.uint8).mul(255).view(3, 3, 1, 1)
    assert to_channels(primaries, 1).flatten().tolist() == [76, 150, 29]
    with pytest.raises(ValueError, match="1 or 3 channels; got 2, wanted 3"):
        to_channels(torch.zeros(1, 2, 4, 4), 3)


def test_the_luma_of_bytes_is_that_of_floats_rounded() -> None:
    color = Rng(0).integers(256, 50, 3, 6, 6).to(torch.uint8)
    exact = to_channels(color.double(), 1)
    assert (to_channels(color, 1).double() - exact).abs().max() <= 0.5 + 1e-9


def test_shrinking_averages() -> None:
    # fine stripes average out; without the filter the two pixels in the middle would survive
    stripes = torch.tensor([-1.0, 1.0, 1.0, -1.0]).repeat(1, 1, 32, 8)
    for how in ("bilinear", "bicubic"):
        assert resize(stripes, 8, how)[..., 1:-1].abs().max() < 0.4
        assert resize(stripes, 32, how) is stripes
    assert resize(stripes, 8, "nearest").abs().min() == 1
    with pytest.raises(ValueError, match="1 pixel or more"):
        resize(stripes, 0)


def test_lanczos_is_pillows() -> None:
    images = Rng(0).integers(256, 3, 3, 17, 17).to(torch.uint8)
    found = resize(images, (9, 23), "lanczos")
    wanted = [
        Image.fromarray(x.permute(1, 2, 0).numpy()).resize((23, 9), Image.Resampling.LANCZOS)
        for x in images
    ]
    assert found.equal(
        torch.stack([torch.from_numpy(np.array(x)) for x in wanted]).permute(0, 3, 1, 2)
    )


def test_nearest_keeps_values_and_type() -> None:
    image = torch.tensor([[0, 200], [7, 255]], dtype=torch.uint8).view(1, 1, 2, 2)
    assert resize(image, 4, "nearest")[0, 0].tolist() == [
        [0, 0, 200, 200], [0, 0, 200, 200], [7, 7, 255, 255], [7, 7, 255, 255],
    ]  # fmt: skip


def test_a_blur_spreads_a_point_as_a_gaussian() -> None:
    point = torch.zeros(1, 2, 31, 31)
    point[:, 0, 15, 15] = 1
    found = gaussian_blur(point, 2.0, 9)
    line = gaussian_kernel(2.0, 9)
    assert float(line.sum()) == pytest.approx(1)
    torch.testing.assert_close(found[0, 0, 6:25, 6:25], line[:, None] * line)
    assert found[0, 1].abs().max() == 0
    variance = (found[0, 0].sum(0) * (torch.arange(31) - 15) ** 2).sum()
    assert float(variance) == pytest.approx(4, rel=0.01)
    assert torch.allclose(gaussian_blur(torch.ones(1, 1, 8, 8), 1.5, 3), torch.ones(1, 1, 8, 8))


def test_files_hold_what_they_were_made_of() -> None:
    image = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert Image.open(io.BytesIO(png_bytes(image))).tobytes() == image.tobytes()
    figure = Figure(figsize=(1, 2))
    figure.add_subplot().plot([0, 1])
    assert Image.open(io.BytesIO(figure_png(figure, dpi=50))).size == (50, 100)
    assert figure_png(figure) == figure_png(figure)


def test_what_is_no_image_is_named() -> None:
    with pytest.raises(ValueError, match="1 or 3"):
        check_images(torch.zeros(2, 4, 8, 8))
    with pytest.raises(ValueError, match="NaN"):
        check_images(torch.full((1, 1, 8, 8), math.nan))
    with pytest.raises(ValueError, match="int64"):
        check_images(torch.zeros(1, 1, 8, 8, dtype=torch.int64))

"""Pictures as the metrics see them, and their sharpness."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from gansmith.core.rng import Rng
from gansmith.metrics import laplacian_variance, sharpness_ratio
from gansmith.metrics.pictures import check, recolour, resize, to_bytes, to_unit


def test_bytes_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    unit = to_unit(levels)
    assert (float(unit.min()), float(unit.max())) == (-1, 1)
    assert unit.dtype == torch.float32
    assert torch.equal(to_bytes(unit), levels)
    assert to_bytes(torch.full((1, 1, 2, 2), 7.0)).max() == 255


def test_colour_and_size() -> None:
    red = torch.stack([torch.ones(1, 4, 4), -torch.ones(1, 4, 4), -torch.ones(1, 4, 4)], 1)
    torch.testing.assert_close(recolour(red, 1), torch.full((1, 1, 4, 4), 2 * 0.299 - 1))
    grey = Rng(0).uniform(2, 1, 4, 4)
    assert torch.equal(recolour(recolour(grey, 3), 3)[:, 2:], grey)
    # fine stripes average out; without the filter the two pixels in the middle would survive
    stripes = torch.tensor([-1.0, 1.0, 1.0, -1.0]).repeat(1, 1, 32, 8)
    assert resize(stripes, 8)[..., 1:-1].abs().max() < 0.3
    assert resize(stripes, 32) is stripes


def test_what_is_not_a_picture_is_named() -> None:
    with pytest.raises(ValueError, match="1 or 3"):
        check(torch.zeros(2, 4, 8, 8))
    with pytest.raises(ValueError, match="NaN"):
        check(torch.full((1, 1, 8, 8), math.nan))
    with pytest.raises(ValueError, match="int64"):
        check(torch.zeros(1, 1, 8, 8, dtype=torch.int64))


def test_laplacian_of_a_checkerboard() -> None:
    place = torch.arange(8)
    board = 1 - 2.0 * ((place.view(-1, 1) + place) % 2)
    # every inner pixel: four neighbours of the other sign, so +-8, half of each
    value = laplacian_variance(board.view(1, 1, 8, 8))
    torch.testing.assert_close(value, torch.tensor([64.0]).double())
    assert laplacian_variance(torch.ones(2, 3, 8, 8)).tolist() == pytest.approx([0, 0], abs=1e-9)


def test_sharpness_falls_with_blur_and_rises_with_noise() -> None:
    real = F.avg_pool2d(Rng(1).normal(20, 1, 34, 34), 3, 1).clamp(-1, 1)
    blurred = F.avg_pool2d(real, 3, 1, 1)
    assert sharpness_ratio(real, real) == 1
    assert sharpness_ratio(blurred, real) < 0.5
    assert sharpness_ratio((real + Rng(2).normal(*real.shape)).clamp(-1, 1), real) > 2
    with pytest.raises(ValueError, match="flat"):
        sharpness_ratio(real, torch.zeros_like(real))
    with pytest.raises(ValueError, match="one size"):
        sharpness_ratio(real, real[..., 1:])

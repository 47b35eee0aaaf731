"""The sharpness of images."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gansmith.core.rng import Rng
from gansmith.metrics import laplacian_variance, sharpness_ratio


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
    assert sharpness_ratio(generated=real, real=real) == 1
    assert sharpness_ratio(generated=blurred, real=real) < 0.5
    assert (
        sharpness_ratio(generated=(real + Rng(2).normal(*real.shape)).clamp(-1, 1), real=real) > 2
    )
    with pytest.raises(ValueError, match="flat"):
        sharpness_ratio(generated=real, real=torch.zeros_like(real))
    with pytest.raises(ValueError, match="one size"):
        sharpness_ratio(generated=real, real=real[..., 1:])

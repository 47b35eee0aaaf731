"""MS-SSIM against its definition at one scale, and as a measure of diversity."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import ms_ssim, pair_similarity


def test_at_one_scale_it_is_ssim() -> None:
    """Wang et al. 2004, with an independent filter; 16 pixels leave room for one scale."""
    x, y = Rng(0).uniform(1, 1, 16, 16), Rng(1).uniform(1, 1, 16, 16)
    y = 0.7 * x + 0.3 * y
    a, b = x[0, 0].double().numpy(), y[0, 0].double().numpy()

    def blur(z: np.ndarray) -> np.ndarray:
        return gaussian_filter(z, 1.5, truncate=5 / 1.5)[5:-5, 5:-5]

    ma, mb = blur(a), blur(b)
    va, vb, c = blur(a * a) - ma**2, blur(b * b) - mb**2, blur(a * b) - ma * mb
    ssim = (2 * ma * mb + 1e-4) * (2 * c + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))
    assert float(ms_ssim(2 * x - 1, 2 * y - 1)) == pytest.approx(ssim.mean(), rel=1e-5)


@pytest.mark.parametrize("size", [11, 28, 64, 200])
def test_equal_pictures_have_one_and_noise_lowers_it(size: int) -> None:
    x = 2 * Rng(0).uniform(3, 1, size, size) - 1
    torch.testing.assert_close(ms_ssim(x, x), torch.ones(3, dtype=torch.float64))
    other = (x + 0.5 * Rng(1).normal(3, 1, size, size)).clamp(-1, 1)
    assert float(ms_ssim(x, other).max()) < 0.95
    torch.testing.assert_close(ms_ssim(x, other), ms_ssim(other, x))


def test_a_collapsed_set_is_similar() -> None:
    fashion = open_data("fashion").held_out["real"]
    real = pair_similarity(fashion, pairs=300)
    one = fashion[:1].float().expand(200, -1, -1, -1) + 5 * Rng(0).normal(200, 1, 28, 28)
    collapsed = pair_similarity(one.clamp(0, 255).to(torch.uint8), pairs=300)
    assert real < 0.4 < 0.8 < collapsed


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="11 pixels wide; got images of 8"):
        ms_ssim(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="one shape"):
        ms_ssim(torch.zeros(1, 1, 16, 16), torch.zeros(2, 1, 16, 16))
    with pytest.raises(ValueError, match="2 or more images; got 1"):
        pair_similarity(torch.zeros(1, 1, 16, 16))

"""Diversity by structural similarity of random pairs (arXiv:1610.09585, section 4.2).

MS-SSIM (doi:10.1109/ACSSC.2003.1292216) compares contrast and structure at several scales and
luminance at the coarsest. Two images of one collapsed class are alike: a high mean over random
pairs means little diversity. It says nothing about quality.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.images import check_images, gaussian_kernel, to_channels, to_float
from gansmith.core.rng import Rng

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW, STD = 11, 1.5
C1, C2 = 0.01**2, 0.03**2  # for images in [0, 1]


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """MS-SSIM of pairs of images (B, C, H, W) -> (B,), from about 0 to 1 (equal).

    On luma. The published five scales need 176 pixels a side; smaller images get as many scales as
    leave 11 pixels for the window, with the first weights scaled to sum 1.
    x, y: uint8 or float in [-1, 1]. Raises ValueError below 11 pixels a side or for other shapes.
    """
    if x.shape != y.shape:
        raise ValueError(f"pairs have one shape; got {tuple(x.shape)} and {tuple(y.shape)}")
    side = min(x.shape[-2:])
    if side < WINDOW:
        raise ValueError(f"the window of SSIM is {WINDOW} pixels wide; got images of {side}")
    scales = max(s for s in range(1, 6) if side // 2 ** (s - 1) >= WINDOW)
    weights = torch.tensor(WEIGHTS[:scales], dtype=torch.float64)
    weights /= weights.sum()
    grey = (to_channels(to_float(check_images(part)), 1) for part in (x, y))
    first, second = ((part.double() + 1) / 2 for part in grey)
    found = torch.ones(len(x), dtype=torch.float64)
    for scale, weight in enumerate(weights):
        luminance, structure = _parts(first, second)
        value = luminance * structure if scale == scales - 1 else structure
        found = found * value.mean((1, 2, 3)).clamp(min=0) ** weight
        first, second = F.avg_pool2d(first, 2), F.avg_pool2d(second, 2)
    return found


def pair_similarity(x: Tensor, *, pairs: int = 1000, seed: int = 0, chunk: int = 250) -> float:
    """Mean MS-SSIM of random pairs of different images of one set (N, C, H, W).

    Compare with the same of real images. Raises ValueError for fewer than two images.
    """
    if len(x) < 2:
        raise ValueError(f"pairs are drawn from 2 or more images; got {len(x)}")
    rng = Rng(seed)
    first = rng.integers(len(x), pairs)
    second = (first + 1 + rng.integers(len(x) - 1, pairs)) % len(x)
    parts = zip(first.split(chunk), second.split(chunk), strict=True)
    return float(torch.cat([ms_ssim(x[i], x[j]) for i, j in parts]).mean())


def _parts(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The maps of luminance and of contrast times structure."""
    line = gaussian_kernel(STD, WINDOW // 2, torch.float64)
    kernel = (line[:, None] * line).expand(5, 1, WINDOW, WINDOW)
    maps = F.conv2d(torch.cat([x, y, x * x, y * y, x * y], 1), kernel, groups=5)
    mx, my, xx, yy, xy = maps.split(1, 1)
    luminance = (2 * mx * my + C1) / (mx**2 + my**2 + C1)
    structure = (2 * (xy - mx * my) + C2) / (xx - mx**2 + yy - my**2 + C2)
    return luminance, structure

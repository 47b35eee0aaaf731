"""Sharpness of images: the variance of the Laplacian, against the same on real images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.images import check_images, to_channels, to_float

LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


def laplacian_variance(x: Tensor, *, chunk: int = 1000) -> Tensor:
    """Variance over the pixels of the Laplacian of each image's luma: (B, C, H, W) -> (B,).

    The measure of focus of Pech-Pacheco et al. 2000 (doi 10.1109/ICPR.2000.903548), on the
    range [-1, 1], without borders. x: uint8, or float in [-1, 1]; at least 3 pixels a side.
    """
    if min(x.shape[-2:]) < 3:
        raise ValueError(f"the Laplacian needs at least 3x3 pixels; got {tuple(x.shape)}")
    kernel = torch.tensor(LAPLACIAN).view(1, 1, 3, 3)
    found = []
    for part in x.split(chunk):
        edges = F.conv2d(to_channels(to_float(check_images(part)), 1), kernel)
        found.append(edges.double().flatten(1).var(1, correction=0))
    return torch.cat(found)


def sharpness_ratio(*, generated: Tensor, real: Tensor) -> float:
    """Mean Laplacian variance of generated images over that of real ones.

    Below 1: blurred; above 1: noise or ringing; 1 says nothing about the content.
    Raises ValueError when the real images are all flat, or the sizes differ.
    """
    if generated.shape[-2:] != real.shape[-2:]:
        raise ValueError(
            "sharpness can only be compared at one size; got "
            f"{tuple(generated.shape[-2:])} and {tuple(real.shape[-2:])}"
        )
    reference = float(laplacian_variance(real).mean())
    if reference == 0:
        raise ValueError("the real images are all flat: there is no sharpness to compare with")
    return float(laplacian_variance(generated).mean()) / reference

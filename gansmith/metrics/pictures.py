"""Pictures as the metrics see them: one range, one size, one number of channels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def check(x: Tensor) -> Tensor:
    """The same tensor, if it is a batch of grey or colour pictures; else ValueError."""
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ValueError(f"expected pictures (B, 1 or 3, H, W); got shape {tuple(x.shape)}")
    if x.is_floating_point() and not torch.isfinite(x).all():
        raise ValueError("pictures hold NaN or infinite values; look at the generator first")
    if not x.is_floating_point() and x.dtype != torch.uint8:
        raise ValueError(f"expected uint8 pictures or floats in [-1, 1]; got {x.dtype}")
    return x


def to_bytes(x: Tensor) -> Tensor:
    """Pictures as they would be stored: uint8; floats are clamped to [-1, 1] and rounded.

    Generated and real pictures then lie on the same 256 levels, as after saving to a file.
    """
    if check(x).dtype == torch.uint8:
        return x
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def to_unit(x: Tensor) -> Tensor:
    """Pictures as float32 in [-1, 1]; 0 -> -1 and 255 -> 1."""
    x = check(x)
    return x.float() / 127.5 - 1 if x.dtype == torch.uint8 else x.float()


def recolour(x: Tensor, channels: int) -> Tensor:
    """Colour to grey by luma, grey to colour by repetition; float (B, C, H, W)."""
    if x.shape[1] == channels:
        return x
    if channels == 1:
        return (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return x.expand(-1, channels, -1, -1)


def resize(x: Tensor, size: int) -> Tensor:
    """Antialiased bilinear resizing to size x size; float (B, C, H, W).

    Without the antialiasing filter, shrinking picks single pixels and the metrics change.
    """
    if x.shape[2:] == (size, size):
        return x
    return F.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)

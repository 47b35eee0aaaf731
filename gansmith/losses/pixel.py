"""Distances between pictures, pixel by pixel: (B, C, H, W) in [-1, 1] to a scalar."""

from __future__ import annotations

from torch import Tensor


def power(made: Tensor, meant: Tensor, p: int) -> Tensor:
    """mean |made - meant|^p (arXiv:1511.05440, Eq. 1, where it is a sum).

    p = 2 is least where `made` is the mean of what may be meant, p = 1 where it is the median.
    """
    return (made - meant).abs().pow(p).mean()


def gradient_difference(made: Tensor, meant: Tensor) -> Tensor:
    """How much the steps between neighbouring pixels differ (arXiv:1511.05440, Eq. 6, alpha = 1).

    The sum of two means, of pixels below each other and beside each other, of
    | |x[i, j] - x[i - 1, j]| - |y[i, j] - y[i - 1, j]| |, x made, y meant.
    """
    return sum(
        ((made.diff(dim=axis).abs() - meant.diff(dim=axis).abs()).abs().mean() for axis in (2, 3)),
        start=made.new_zeros(()),
    )

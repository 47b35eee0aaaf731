"""Distances between images, pixel by pixel: (B, C, H, W) in [-1, 1] to a scalar."""

from __future__ import annotations

from torch import Tensor


def lp_distance(generated: Tensor, target: Tensor, p: int) -> Tensor:
    """mean |generated - target|^p (arXiv:1511.05440, Eq. 1, where it is a sum).

    In expectation over targets it is least at their mean for p = 2, at their median for p = 1.
    """
    return (generated - target).abs().pow(p).mean()


def gradient_difference(generated: Tensor, target: Tensor) -> Tensor:
    """The image gradient difference loss (arXiv:1511.05440, Eq. 6, alpha = 1).

    The sum of two means, over vertical and horizontal neighbors, of
    | |x[i, j] - x[i - 1, j]| - |y[i, j] - y[i - 1, j]| |, x generated, y target.
    """
    return sum(
        (
            (generated.diff(dim=axis).abs() - target.diff(dim=axis).abs()).abs().mean()
            for axis in (2, 3)
        ),
        start=generated.new_zeros(()),
    )

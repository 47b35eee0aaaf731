"""Modes found on rings and grids of Gaussians (VEEGAN, arXiv:1705.07761, section 4.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices


@dataclass(frozen=True)
class ModeReport:
    """Which of the known modes a set of points covers.

    modes: number of modes; captured: those with at least one high-quality sample, as published;
    captured_20: those with at least 20, which is harder to reach by chance;
    high_quality: share of samples within 3 standard deviations of the nearest mode;
    counts: high-quality samples of each mode; samples: number of points.
    """

    modes: int
    captured: int
    captured_20: int
    high_quality: float
    counts: tuple[int, ...]
    samples: int


def ring_modes(modes: int = 8, radius: float = 1.0) -> Tensor:
    """Centers evenly spaced on a circle, from angle 0 on: (modes, 2) float64."""
    angle = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def grid_modes(side: int = 5, spacing: float = 2.0) -> Tensor:
    """Centers of a square grid around the origin: (side * side, 2) float64."""
    line = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2) * spacing
    return torch.cartesian_prod(line, line)


def mode_report(points: Array, modes: Array, std: float) -> ModeReport:
    """Modes captured and share of high-quality samples; the customary number is 2,500 points.

    points: (N, d); modes: (K, d); std: standard deviation of each mode in each coordinate.
    Raises ValueError for mismatched shapes, non-finite points, or a std that is not positive.
    """
    first, centers = as_matrices(points, modes, "points")
    if not std > 0:
        raise ValueError(f"the modes need a standard deviation > 0; got std={std}")
    exact = "donot_use_mm_for_euclid_dist"
    distance, nearest = torch.cdist(first, centers, compute_mode=exact).min(1)
    good = distance <= 3 * std
    counts = nearest[good].bincount(minlength=len(centers))
    return ModeReport(
        modes=len(centers),
        captured=int((counts >= 1).sum()),
        captured_20=int((counts >= 20).sum()),
        high_quality=float(good.double().mean()),
        counts=tuple(counts.tolist()),
        samples=len(first),
    )

"""Toy points, drawn afresh from a fixed seed: 50,000 to train on, 10,000 held out.

They come from numpy's PCG64 in float64 and are rounded to float32 last, so that they do not
depend on how a machine vectorises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import points_dataset
from gansmith.data.spec import DataError, Dataset

TRAIN, HELD_OUT, SEED = 50_000, 10_000, 2014
MOON_STD = 0.05
ROLL_STD = 0.02


class Mixture(NamedTuple):
    """A mixture of Gaussians: centres (K, dim), std (K,), weights (K,), all float32."""

    centres: Tensor
    std: Tensor
    weights: Tensor


def _ring() -> Mixture:
    angle = torch.arange(8, dtype=torch.float64) * (math.tau / 8)
    centres = torch.stack([angle.cos(), angle.sin()], dim=1).float()
    return Mixture(centres, torch.full((8,), 0.01), torch.full((8,), 1 / 8))


def _grid() -> Mixture:
    axis = torch.arange(-4.0, 5.0, 2.0)
    centres = torch.cartesian_prod(axis, axis)
    return Mixture(centres, torch.full((25,), 0.05), torch.full((25,), 1 / 25))


def _mixture() -> Mixture:
    centres = torch.tensor([[-1.0], [2.0]])
    return Mixture(centres, torch.tensor([0.0625, 2.0]).sqrt(), torch.tensor([0.33, 0.67]))


MIXTURES: dict[str, Mixture] = {"ring": _ring(), "grid": _grid(), "mixture-1d": _mixture()}


def mixture(name: str) -> Mixture:
    """The density of a generated mixture: ring, grid or mixture-1d (arXiv:1606.00709, section 3).

    Raises DataError for other names.
    """
    if name not in MIXTURES:
        raise DataError(f"{name!r} is no mixture of Gaussians; those are {', '.join(MIXTURES)}")
    return MIXTURES[name]


def modes(name: str) -> tuple[Tensor, float] | None:
    """Centres (K, dim) and the one std of the modes of ring or grid; None for another data set."""
    if name not in ("ring", "grid"):
        return None
    centres, std, _ = MIXTURES[name]
    return centres, round(float(std[0]), 6)


def sample_modes(name: str, count: int, draw: np.random.Generator) -> np.ndarray:
    """Points of a mixture, float64 (count, dim): x = centre_k + std_k * normal, k by weight.

    ring        8 modes on the unit circle, std .01 in each coordinate
    grid        25 modes at {-4, -2, 0, 2, 4}^2, std .05
    mixture-1d  .33 N(-1, variance .0625) + .67 N(2, variance 2)
    """
    centres, std, weights = (part.double().numpy() for part in mixture(name))
    # by inversion: numpy's choice() insists on weights that sum to 1 beyond float32's precision
    mode = np.searchsorted(np.cumsum(weights)[:-1], draw.random(count), side="right")
    return centres[mode] + std[mode, None] * draw.standard_normal((count, centres.shape[1]))


def sample_moons(count: int, draw: np.random.Generator) -> np.ndarray:
    """Two half circles that embrace, (count, 2), std .05 in each coordinate.

    t uniform in [0, pi): (cos t, sin t) or (1 - cos t, 1/2 - sin t), with probability 1/2 each.
    """
    angle = math.pi * draw.random(count)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.array([1.0, 0.5]) - upper
    points = np.where(draw.random(count)[:, None] < 0.5, upper, lower)
    return points + MOON_STD * draw.standard_normal((count, 2))


def sample_roll(count: int, draw: np.random.Generator) -> np.ndarray:
    """A spiral (the swiss roll seen from its end), (count, 2), std .02 in each coordinate.

    (t cos t, t sin t) / (4.5 pi), t uniform in [1.5 pi, 4.5 pi): the radius goes from 1/3 to 1.
    """
    angle = math.pi * (1.5 + 3.0 * draw.random(count))
    spiral = np.stack([np.cos(angle), np.sin(angle)], axis=1) * angle[:, None] / (4.5 * math.pi)
    return spiral + ROLL_STD * draw.standard_normal((count, 2))


SAMPLERS: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "ring": lambda count, draw: sample_modes("ring", count, draw),
    "grid": lambda count, draw: sample_modes("grid", count, draw),
    "moons": sample_moons,
    "swiss-roll": sample_roll,
    "mixture-1d": lambda count, draw: sample_modes("mixture-1d", count, draw),
}


def open_generated(name: str) -> Dataset:
    """One of the generated data sets of points: ring, grid, moons, swiss-roll, mixture-1d.

    Raises DataError for other names.
    """
    if name not in SAMPLERS:
        raise DataError(f"no data set {name!r} is generated; those are {', '.join(SAMPLERS)}")
    train, held_out = (
        torch.from_numpy(SAMPLERS[name](count, np.random.Generator(np.random.PCG64([SEED, part]))))
        for part, count in enumerate((TRAIN, HELD_OUT))
    )
    return points_dataset(name, train, held_out, licence="CC0-1.0", source="generated")

"""Likelihood by kernel density, the Parzen window (arXiv:1406.2661, section 5).

    log p(x) = log 1/n sum_i N(x; s_i, std^2 I)

The samples of a generator are made a density by a Gaussian on each, as wide as suits a validation
set. It misleads in many dimensions: k-means centres beat real examples, the number grows with n and
is far from any limit, 99 % of noise costs at most log 100 (arXiv:1511.01844). It is here because
papers report it, and so that this can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.metrics.arrays import Array, matching
from gansmith.metrics.precision_recall import squared_distances

LOOKED_AT = 1000


@dataclass(frozen=True)
class Parzen:
    """Mean log-likelihood of test examples in nats, its standard error, and the window's std."""

    value: float
    error: float
    std: float
    samples: int
    tested: int


def kernel_density(samples: Array, x: Array, std: float, *, chunk: int = 1000) -> Tensor:
    """log p(x) in nats for a Gaussian of `std` on each sample: (n, d), (m, d) -> (m,), float64.

    chunk: rows per block; bounds the memory at chunk times n. Raises ValueError unless std > 0.
    """
    if not std > 0:
        raise ValueError(f"a window has a standard deviation above 0; got {std}")
    centres, points = matching(samples, x, "points")
    middle = centres.mean(0)  # near the origin the expanded square loses fewest digits
    centres, points = centres - middle, points - middle
    found = []
    for part in points.split(chunk):
        exponent = squared_distances(part, centres).mul_(-0.5 / std**2)
        found.append(exponent.logsumexp(1))
    constant = math.log(len(centres)) + points.shape[1] * math.log(std * math.sqrt(math.tau))
    return torch.cat(found) - constant


def best_window(samples: Array, validation: Array, widths: Sequence[float] | None = None) -> float:
    """The std under which validation examples are most likely, of `widths`.

    widths: None tries ten a decade from 1/30 to 3 times the data's mean standard deviation. At most
    1,000 validation examples are looked at.
    """
    _, points = matching(samples, validation[:LOOKED_AT], "points")
    if widths is None:
        scale = float(points.var(0, correction=0).mean().sqrt()) or 1.0
        widths = [scale * 10 ** (power / 10) for power in range(-15, 6)]
    score = {std: float(kernel_density(samples, points, std).mean()) for std in widths}
    return max(score, key=score.__getitem__)


def parzen(
    samples: Array, validation: Array, test: Array, widths: Sequence[float] | None = None
) -> Parzen:
    """The published protocol: the window by validation examples, the number by test examples."""
    std = best_window(samples, validation, widths)
    found = kernel_density(samples, test, std)
    error = float(found.std(correction=0)) / math.sqrt(len(found))
    return Parzen(float(found.mean()), error, std, len(samples), len(found))

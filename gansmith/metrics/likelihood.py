"""Likelihood by kernel density, the Parzen window (arXiv:1406.2661, section 5).

    log p(x) = log 1/n sum_i N(x; s_i, std^2 I)

A Gaussian on each generated sample makes a density, with the bandwidth that is best on a validation
set. It misleads in many dimensions: k-means centers beat real examples, the number grows with n and
is far from any limit, 99 % of noise costs at most log 100 (arXiv:1511.01844). It is here because
papers report it, and so that this can be reproduced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices
from gansmith.metrics.precision_recall import squared_distances

VALIDATION_LIMIT = 1000


@dataclass(frozen=True)
class ParzenEstimate:
    """Mean log-likelihood of test examples in nats, its standard error, and the bandwidth."""

    value: float
    error: float
    std: float
    samples: int
    tested: int


def log_kernel_density(*, samples: Array, x: Array, std: float, chunk: int = 1000) -> Tensor:
    """log p(x) in nats for a Gaussian of `std` on each sample: (n, d), (m, d) -> (m,), float64.

    chunk: rows per block; bounds the memory at chunk times n. Raises ValueError unless std > 0.
    """
    if not std > 0:
        raise ValueError(f"a bandwidth is above 0; got {std}")
    centers, points = as_matrices(samples, x, "points")
    found = []
    for part in points.split(chunk):
        exponent = squared_distances(part, centers).mul_(-0.5 / std**2)
        found.append(exponent.logsumexp(1))
    constant = math.log(len(centers)) + points.shape[1] * math.log(std * math.sqrt(math.tau))
    return torch.cat(found) - constant


def best_bandwidth(
    *, samples: Array, validation: Array, widths: Sequence[float] | None = None
) -> float:
    """The bandwidth, of `widths`, with the highest likelihood of validation examples.

    widths: None tries ten a decade from 1/30 to 3 times the data's mean standard deviation. At most
    1,000 validation examples are used.
    """
    _, points = as_matrices(samples, validation[:VALIDATION_LIMIT], "points")
    if widths is None:
        scale = float(points.var(0, correction=0).mean().sqrt()) or 1.0
        widths = [scale * 10 ** (power / 10) for power in range(-15, 6)]
    score = {
        std: float(log_kernel_density(samples=samples, x=points, std=std).mean()) for std in widths
    }
    return max(score, key=score.__getitem__)


def parzen_log_likelihood(
    *, samples: Array, validation: Array, test: Array, widths: Sequence[float] | None = None
) -> ParzenEstimate:
    """The published protocol: bandwidth on validation examples, likelihood on test examples."""
    std = best_bandwidth(samples=samples, validation=validation, widths=widths)
    found = log_kernel_density(samples=samples, x=test, std=std)
    error = float(found.std(correction=0)) / math.sqrt(len(found))
    return ParzenEstimate(float(found.mean()), error, std, len(samples), len(found))

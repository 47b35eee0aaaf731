"""How many different examples a generator makes, by the birthday paradox (arXiv:1706.08224).

Among s samples of N equally likely examples, each of the s (s - 1) / 2 pairs is a pair of equals
with probability 1 / N; so N is about s (s - 1) / 2 over the number of such pairs. Where some
examples are likelier the estimate is lower: it is of 1 / sum p^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.stats import chi2

from gansmith.core.arrays import Array, as_matrix
from gansmith.metrics.precision_recall import SLACK, squared_distances


@dataclass(frozen=True)
class SupportSize:
    """estimate: number of different examples, inf when no pair was found; low, high: 95 % interval.

    pairs: of equals, among `samples`.
    """

    estimate: float
    low: float
    high: float
    pairs: int
    samples: int


def support_size(x: Array, threshold: float = 0.0, *, chunk: int = 1000) -> SupportSize:
    """The number of different examples among those that samples (N, d) come from.

    threshold: Euclidean distance up to which two samples count as one, from `duplicate_threshold`;
    0 for exact copies. The interval is exact for a Poisson number of pairs. With no pair the upper
    end is inf. Raises ValueError for fewer than 2 samples or a negative threshold.
    """
    points = as_matrix(x, "samples", least=2)
    if threshold < 0:
        raise ValueError(f"a distance is 0 or more; got a threshold of {threshold}")
    pairs = 0
    for start in range(0, len(points), chunk):
        part = points[start : start + chunk]
        near = squared_distances(part, points[start:]) <= threshold**2 * SLACK
        pairs += int(near.triu(1).sum())
    return support_from_pairs(pairs, len(points))


def duplicate_threshold(real: Array, share: float = 1e-6, *, chunk: int = 1000) -> float:
    """The distance below which this share of the pairs of real examples (N, d) lie.

    With it s real examples hold about share * s^2 / 2 duplicates. For copies that are not exact.
    Raises ValueError for a share outside [0, 1).
    """
    points = as_matrix(real, "real examples", least=2)
    if not 0 <= share < 1:
        raise ValueError(f"a share of pairs lies in [0, 1); got {share}")
    total = len(points) * (len(points) - 1) // 2
    keep = int(share * total) + 1
    least = torch.zeros(0, dtype=torch.float64)
    for start in range(0, len(points), chunk):
        part = points[start : start + chunk]
        squared = squared_distances(part, points[start:])
        upper = torch.ones_like(squared, dtype=torch.bool).triu(1)
        both = torch.cat([least, squared[upper]])
        least = both.topk(min(keep, len(both)), largest=False).values
    return math.sqrt(float(least.max()))


def duplicate_probability(support: float, samples: int) -> float:
    """P(some two of `samples` are equal) = 1 - prod_i (1 - i / N), N equally likely examples."""
    if support <= samples - 1:
        return 1.0
    # a sum of small terms: differences of log gamma would cancel where support >> samples
    return -math.expm1(float(np.log1p(-np.arange(samples) / support).sum()))


def support_for_probability(samples: int, probability: float = 0.5) -> float:
    """The support size N at which this many samples hold a pair of equals with the probability.

    115,260 for 400 samples at one half; samples^2 / (2 log 2), which is often used, gives 115,416,
    and the rule of thumb, samples squared, 160,000.
    """
    if samples < 2 or not 0 < probability < 1:
        raise ValueError(
            f"expected 2 or more samples and a probability in (0, 1); got {samples}, {probability}"
        )
    rough = samples**2 / (-2 * math.log1p(-probability))
    return float(
        brentq(
            lambda n: duplicate_probability(n, samples) - probability,
            samples - 1.0,
            10 * rough + 10,
            xtol=1e-6,
        )
    )


def support_from_pairs(pairs: int, samples: int) -> SupportSize:
    """The estimate and its interval, from the number of pairs of equals among the samples."""
    total = samples * (samples - 1) / 2
    most = chi2.ppf(0.975, 2 * pairs + 2) / 2
    fewest = chi2.ppf(0.025, 2 * pairs) / 2 if pairs else 0.0
    return SupportSize(
        total / pairs if pairs else math.inf,
        max(1.0, total / most),
        max(1.0, total / fewest) if fewest else math.inf,
        pairs,
        samples,
    )

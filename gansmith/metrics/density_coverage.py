"""Density and coverage (arXiv:2002.09797, equations 3 and 4), in chunks.

Both use balls around real features only, so that one generated outlier, which would cover half of
the data with its large ball, changes neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansmith.core.arrays import Array
from gansmith.metrics.precision_recall import SLACK, as_feature_sets, knn_radii, squared_distances


@dataclass(frozen=True)
class DensityCoverage:
    """density: mean number of real balls that hold a generated feature, over k; about 1 for real
    data, and it may be more. coverage: share of real balls with a generated feature, in [0, 1]."""

    density: float
    coverage: float
    generated: int
    real: int


def density_coverage(
    *, generated: Array, real: Array, k: int = 5, chunk: int = 1000
) -> DensityCoverage:
    """Density and coverage of generated features (N, d) against real ones (M, d).

    Of equally many independent features of one distribution the coverage is about 1 - 2^-k
    (its Lemma 2), .969 for k = 5. chunk: rows per block; bounds the memory.
    Raises ValueError when a set has not more than k features, or for mismatched shapes.
    """
    fake, true = as_feature_sets(generated, real, k)
    radii = knn_radii(true, k=k, chunk=chunk) * SLACK
    hits, covered = 0, torch.zeros(len(true), dtype=torch.bool)
    for part in fake.split(chunk):
        inside = squared_distances(part, true) <= radii
        hits += int(inside.sum())
        covered |= inside.any(0)
    return DensityCoverage(
        hits / (k * len(fake)), float(covered.double().mean()), len(fake), len(true)
    )

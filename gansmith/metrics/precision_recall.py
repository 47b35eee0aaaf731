"""Improved precision and recall (arXiv:1904.06991, equations 1 and 2), in chunks.

The manifold of a set is estimated as the union of balls around its features, each with the distance
to the k-th nearest other feature of the set as its radius. Precision is the share of generated
features on the real manifold; recall the share of real features on the generated one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices

CANCELLED = 1e-5  # of |a|^2 + |b|^2: a smaller |a - b|^2 has lost digits in the expanded square
SLACK = 1 + 1e-9  # squared distances are good to this factor, so that equal ones compare as equal
FEW = 32  # dimensions up to which |a - b|^2 of all pairs costs no more than the expanded square
PAIRS = 256  # pairs that are measured again at a time; more leave the cache


@dataclass(frozen=True)
class PrecisionRecall:
    """Both shares, in [0, 1], and the numbers of features."""

    precision: float
    recall: float
    generated: int
    real: int


def precision_recall(
    *, generated: Array, real: Array, k: int = 3, chunk: int = 1000
) -> PrecisionRecall:
    """Precision and recall of generated features (N, d) against real ones (M, d).

    Both shares depend on the counts: compare only numbers with the same N and M, and
    prefer N = M. chunk: rows per block; bounds the memory and does not change the result.
    Raises ValueError when a set has not more than k features, or for mismatched shapes.
    """
    fake, true = as_feature_sets(generated, real, k)
    fake_radii = knn_radii(fake, k=k, chunk=chunk) * SLACK
    real_radii = knn_radii(true, k=k, chunk=chunk) * SLACK
    precise, recalled = 0, torch.zeros(len(true), dtype=torch.bool)
    for part, radii in zip(fake.split(chunk), fake_radii.split(chunk), strict=True):
        distance = squared_distances(part, true)
        precise += int((distance <= real_radii).any(1).sum())
        recalled |= (distance <= radii.unsqueeze(1)).any(0)
    return PrecisionRecall(
        precise / len(fake), float(recalled.double().mean()), len(fake), len(true)
    )


def manifold_share(*, x: Array, manifold: Array, k: int = 3, chunk: int = 1000) -> float:
    """Share of features (N, d) on the manifold of others (M, d).

    Precision with generated and real features, recall with real and generated ones;
    `precision_recall` computes both at once for less.
    """
    inside, around = as_feature_sets(x, manifold, k)
    radii = knn_radii(around, k=k, chunk=chunk) * SLACK
    hits = sum(
        int((squared_distances(part, around) <= radii).any(1).sum()) for part in inside.split(chunk)
    )
    return hits / len(inside)


def knn_radii(features: Tensor, *, k: int = 3, chunk: int = 1000) -> Tensor:
    """Squared distance from each feature to its k-th nearest other feature: (N, d) -> (N,)."""
    found = []
    for start in range(0, len(features), chunk):
        part = features[start : start + chunk]
        distance = squared_distances(part, features)
        rows = torch.arange(len(part))
        distance[rows, rows + start] = (
            torch.inf
        )  # itself, by its place: other distances may be 0 too
        found.append(distance.topk(k, largest=False).values[:, -1])
    return torch.cat(found)


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """All squared Euclidean distances, (N, d) and (M, d) float64 -> (N, M).

    In many dimensions |a|^2 + |b|^2 - 2ab, which is fast; pairs so near that most digits cancel are
    measured by |a - b|^2, as all are in few dimensions. Good to nine digits whatever the scale,
    offset or outliers; 0 for equal rows alone.
    """
    if x.shape[1] <= FEW:
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()
    center = y[:: 1 + len(y) // 500].median(0).values  # which a far outlier does not move
    a, b = x - center, y - center
    norms = a.square().sum(1, keepdim=True) + b.square().sum(1)
    squared = norms - 2 * (a @ b.T)
    rows, columns = (squared <= CANCELLED * norms).nonzero(as_tuple=True)
    for i, j in zip(rows.split(PAIRS), columns.split(PAIRS), strict=True):
        squared[i, j] = (x[i] - y[j]).square().sum(1)
    return squared


def as_feature_sets(generated: Array, real: Array, k: int) -> tuple[Tensor, Tensor]:
    """Both as float64 matrices; ValueError for sets of k features or fewer."""
    if k < 1:
        raise ValueError(f"neighbors are counted from k=1 on; got k={k}")
    return as_matrices(generated, real, "features", least=k + 1)

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

# |a|^2 + |b|^2 - 2ab leaves about 1e-16 of |a|^2 where the distance is zero
SLACK = 1e-12


@dataclass(frozen=True)
class PrecisionRecall:
    """Both shares, in [0, 1], and the numbers of features."""

    precision: float
    recall: float
    generated: int
    real: int


def precision_recall(
    generated: Array, real: Array, *, k: int = 3, chunk: int = 1000
) -> PrecisionRecall:
    """Precision and recall of generated features (N, d) against real ones (M, d).

    Both shares depend on the counts: compare only numbers with the same N and M, and
    prefer N = M. chunk: rows per block; bounds the memory and does not change the result.
    Raises ValueError when a set has not more than k features, or for mismatched shapes.
    """
    fake, true = center_on_real(generated, real, k)
    scale = max(float(fake.square().sum(1).max()), float(true.square().sum(1).max()))
    slack = SLACK * scale
    fake_radii = knn_radii(fake, k=k, chunk=chunk) + slack
    real_radii = knn_radii(true, k=k, chunk=chunk) + slack
    precise, recalled = 0, torch.zeros(len(true), dtype=torch.bool)
    for part, radii in zip(fake.split(chunk), fake_radii.split(chunk), strict=True):
        distance = squared_distances(part, true)
        precise += int((distance <= real_radii).any(1).sum())
        recalled |= (distance <= radii.unsqueeze(1)).any(0)
    return PrecisionRecall(
        precise / len(fake), float(recalled.double().mean()), len(fake), len(true)
    )


def manifold_share(x: Array, manifold: Array, *, k: int = 3, chunk: int = 1000) -> float:
    """Share of features (N, d) on the manifold of others (M, d).

    Precision with generated and real features, recall with real and generated ones;
    `precision_recall` computes both at once for less.
    """
    inside, around = center_on_real(x, manifold, k)
    slack = SLACK * max(float(inside.square().sum(1).max()), float(around.square().sum(1).max()))
    radii = knn_radii(around, k=k, chunk=chunk) + slack
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
    """All squared Euclidean distances, (N, d) and (M, d) -> (N, M)."""
    inner = x @ y.T
    return (x.square().sum(1, keepdim=True) + y.square().sum(1) - 2 * inner).clamp_(min=0)


def center_on_real(generated: Array, real: Array, k: int) -> tuple[Tensor, Tensor]:
    """Both sets around the mean of the real one; ValueError for sets of k features or fewer."""
    if k < 1:
        raise ValueError(f"neighbors are counted from k=1 on; got k={k}")
    fake, true = as_matrices(generated, real, "features", least=k + 1)
    center = true.mean(0)  # near the origin the expanded square loses fewest digits
    return fake - center, true - center

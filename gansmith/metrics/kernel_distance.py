"""Kernel distance: squared maximum mean discrepancy of features (arXiv:1801.01401, section 3.2).

    E k(x, x') + E k(y, y') - 2 E k(x, y),  k(x, y) = (x . y / d + 1)^3,  x and x' different

Unbiased, so that sets of any size may be compared, and so that it may come out below 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices
from gansmith.core.rng import Rng


@dataclass(frozen=True)
class KernelDistance:
    """Mean over the subsets, and their standard deviation; subsets of `size` features."""

    value: float
    std: float
    subsets: int
    size: int


def kernel_distance(
    x: Array, y: Array, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> KernelDistance:
    """Mean of `mmd2` over random subsets of both sets (KID, where the features are Inception's).

    x: (N, d), y: (M, d) features. size: features of each set in a subset, at most N and M.
    Raises ValueError for sets of fewer than two, of different d, or no subsets.
    """
    first, second = as_matrices(x, y, "features", least=2)
    size = min(size, len(first), len(second))
    if subsets < 1 or size < 2:
        raise ValueError(
            f"expected one or more subsets of 2 or more features; got {subsets} of {size}"
        )
    found = torch.tensor(
        [
            mmd2(
                first[Rng(seed, i, 0).permutation(len(first))[:size]],
                second[Rng(seed, i, 1).permutation(len(second))[:size]],
            )
            for i in range(subsets)
        ],
        dtype=torch.float64,
    )
    return KernelDistance(float(found.mean()), float(found.std(correction=0)), subsets, size)


def mmd2(x: Array, y: Array, *, chunk: int = 2000) -> float:
    """Squared maximum mean discrepancy, the unbiased estimate over all pairs: (N, d), (M, d).

    chunk: rows per block; bounds the memory.
    """
    first, second = as_matrices(x, y, "features", least=2)
    n, m = len(first), len(second)
    within = _sum(first, first, chunk, True) / (n * (n - 1))
    within += _sum(second, second, chunk, True) / (m * (m - 1))
    return within - 2 * _sum(first, second, chunk, False) / (n * m)


def _sum(x: Tensor, y: Tensor, chunk: int, distinct: bool) -> float:
    """Sum of the kernel over all pairs; of distinct rows where x and y are one set."""
    total = sum(float(_kernel(part @ y.T, x.shape[1]).sum()) for part in x.split(chunk))
    return total - float(_kernel(x.square().sum(1), x.shape[1]).sum()) if distinct else total


def _kernel(inner: Tensor, dim: int) -> Tensor:
    return (inner / dim + 1) ** 3

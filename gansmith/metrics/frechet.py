"""Frechet distance between two sets of features, as if both were Gaussian (arXiv:1706.08500).

    d^2 = |m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^(1/2))        (equation 6)

All in float64. The last trace is taken without a general matrix root: with any factors
S1 = F1' F1 and S2 = F2' F2 it is the sum of the singular values of F1 F2', which are also the
roots of the eigenvalues of the symmetric F1 S2 F1'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices, as_matrix


@dataclass(frozen=True)
class GaussianStats:
    """Mean (d,) and covariance (d, d) of features in float64, and the number of samples."""

    mean: Tensor
    covariance: Tensor
    count: int


def fit_gaussian(features: Array) -> GaussianStats:
    """Mean and unbiased covariance (divided by N - 1) of features (N, d).

    Raises ValueError for fewer than two samples, another shape or non-finite features.
    """
    x = as_matrix(features, "features", least=2)
    centered = x - x.mean(0)
    return GaussianStats(x.mean(0), centered.T @ centered / (len(x) - 1), len(x))


def stream_gaussian(parts: Iterable[Array]) -> GaussianStats:
    """`fit_gaussian` of features that come in parts (n, d) with any n, one in memory at a time.

    Parts are merged by their means and covariances (Chan et al. 1979), which loses no digits to a
    large mean. `frechet_distance` of two such Gaussians compares sets of any size.
    Raises ValueError as `fit_gaussian`, and when the parts' dimensions differ.
    """
    count, mean, scatter = 0, torch.zeros(0).double(), torch.zeros(0, 0).double()
    for part in parts:
        x = as_matrix(part, "features", least=1)
        if not count:
            mean, scatter = x.new_zeros(x.shape[1]), x.new_zeros(x.shape[1], x.shape[1])
        if x.shape[1] != len(mean):
            raise ValueError(
                f"features come in parts of one width; got {len(mean)} and then {x.shape[1]}"
            )
        middle = x.mean(0)
        centered, shift = x - middle, middle - mean
        total = count + len(x)
        scatter += centered.T @ centered + shift.outer(shift) * (count * len(x) / total)
        mean, count = mean + shift * (len(x) / total), total
    if count < 2:
        raise ValueError(f"features of 2 samples at least are needed; got {count}")
    return GaussianStats(mean, scatter / (count - 1), count)


def frechet_distance(a: GaussianStats, b: GaussianStats) -> float:
    """Squared Frechet distance of two Gaussians (FID, where the features are Inception's), >= 0.

    Cholesky when the first covariance is positive definite, else both by their eigenvectors.
    Raises ValueError when the dimensions differ.
    """
    if a.mean.shape != b.mean.shape:
        raise ValueError(
            f"features of {len(a.mean)} and {len(b.mean)} dimensions cannot be compared; "
            "extract both with the same network"
        )
    factor, failed = torch.linalg.cholesky_ex(a.covariance, upper=True)
    if failed.item() == 0:
        inner = factor @ b.covariance @ factor.T
        cross = _denoised(torch.linalg.eigvalsh(inner)).sqrt().sum()
    else:
        cross = _nuclear(_root(a.covariance), _root(b.covariance))
    spread = a.covariance.trace() + b.covariance.trace()
    return _total(a.mean - b.mean, spread, cross)


def frechet_from_features(x: Array, y: Array) -> float:
    """Squared Frechet distance of two sets of features, (N, d) and (M, d).

    With fewer samples than dimensions the covariances have low rank; the trace then comes from
    the singular values of a small matrix (at most N x d), exactly and without a d x d root.
    """
    first, second = as_matrices(x, y, "features", least=2)
    if min(len(first), len(second)) > first.shape[1]:
        return frechet_distance(fit_gaussian(first), fit_gaussian(second))
    one, two = _factor(first), _factor(second)
    spread = one.square().sum() + two.square().sum()
    return _total(first.mean(0) - second.mean(0), spread, _nuclear(one, two))


def _factor(x: Tensor) -> Tensor:
    """A matrix F of min(N, d) rows with F' F = covariance of x (N, d)."""
    if len(x) > x.shape[1]:
        return _root(fit_gaussian(x).covariance)
    centered: Tensor = (x - x.mean(0)) / (len(x) - 1) ** 0.5
    return centered


def _root(covariance: Tensor) -> Tensor:
    """F with F' F = covariance; directions of no variance become exact zeros."""
    values, vectors = torch.linalg.eigh(covariance)
    return _denoised(values).sqrt().unsqueeze(1) * vectors.T


def _denoised(values: Tensor) -> Tensor:
    """Ascending eigenvalues with rounding noise set to 0: its root is not small (1e-16 -> 1e-8)."""
    floor = values[-1].clamp(min=0) * len(values) * torch.finfo(values.dtype).eps
    return torch.where(values > floor, values, torch.zeros_like(values))


def _nuclear(first: Tensor, second: Tensor) -> Tensor:
    """tr((S1 S2)^(1/2)) from factors of both."""
    return torch.linalg.svdvals(first @ second.T).sum()


def _total(shift: Tensor, spread: Tensor, cross: Tensor) -> float:
    # rounding may leave a tiny negative number where the sets are equal
    return max(0.0, float(shift.square().sum() + spread - 2 * cross))

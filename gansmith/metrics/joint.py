"""Frechet joint distance (arXiv:1907.08175): are samples good, various, and of their condition?

    FJD = Frechet distance of ([f(x), a h(c)], [f(G(c)), a h(c)])

f: features of examples. h: what the conditions say of the features, as far as kernel ridge
regression finds it. a makes the variance of h(c) that of f(x). Both sides have the same conditions,
so a generator that gives the true example of each has a distance of 0, and one that ignores them
has not, however good its samples are. Departs from the paper in h, for which it takes an embedding
made for each kind of condition.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.metrics.frechet import GaussianStats, fit_gaussian, frechet_distance
from gansmith.metrics.precision_recall import squared_distances

COMPONENTS = 32
WIDTHS = (0.3, 1.0, 3.0)  # of the kernel, squared, over the median squared distance
RIDGES = (0.01, 0.1, 1.0)


@dataclass(frozen=True)
class JointReference:
    """Real examples with their conditions: the Gaussian of both, and a h(c), (N, k) float64."""

    real: GaussianStats
    conditions: Tensor


def joint_reference(features: Tensor, conditions: Tensor) -> JointReference:
    """From the features of real examples (N, d) and their conditions as numbers (N, m)."""
    f = features.double()
    h = _largest(predicted_features(f, conditions), COMPONENTS)
    variance = h.var(0).sum()
    if variance > 0:
        h = h * (f.var(0).sum() / variance).sqrt()
    return JointReference(fit_gaussian(torch.cat([f, h], 1)), h)


def frechet_joint_distance(features: Tensor, reference: JointReference) -> float:
    """FJD of samples with features (N, d), row by row for the reference's conditions; >= 0."""
    joint = torch.cat([features.double(), reference.conditions], 1)
    return frechet_distance(reference.real, fit_gaussian(joint))


def predicted_features(features: Tensor, conditions: Tensor) -> Tensor:
    """Features (N, d) as the conditions (N, m) predict them, each row by the others: (N, d).

    Kernel ridge regression, h = f - R f / diag(R) with R = (K + ridge)^-1 and
    K = exp(-|c - c'|^2 / (2 width median)). Width and ridge are those of the least error; zeros
    where none has a smaller error than the mean.
    """
    f, c = features.double() - features.double().mean(0), conditions.double()
    distances = squared_distances(c, c)  # exactly 0 where two conditions are equal
    apart = distances[distances > 0]
    best, least = torch.zeros_like(f), f.square().sum()
    for width in WIDTHS if len(apart) else ():
        values, vectors = torch.linalg.eigh((-distances / (2 * width * apart.median())).exp())
        for ridge in RIDGES:
            R = (vectors / (values.clamp(min=0) + ridge)) @ vectors.T
            predicted = f - R @ f / R.diagonal()[:, None]
            error = (predicted - f).square().sum()
            if error < least:
                best, least = predicted, error
    return best


def _largest(x: Tensor, limit: int) -> Tensor:
    """The coordinates of rows (N, m) on the `limit` directions of largest variance, (N, k)."""
    _, _, directions = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return (x - x.mean(0)) @ directions[:limit].T

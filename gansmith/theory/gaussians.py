"""Divergences between two Gaussians in closed form, in any number of dimensions.

p = N(m, S) and q = N(n, T); d = n - m. Covariances are positive definite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr
from torch.distributions import Distribution, MultivariateNormal, Normal

from gansmith.theory.integrands import Array


class Gaussian(NamedTuple):
    """N(mean (d,), covariance (d, d)), float64."""

    mean: Array
    covariance: Array


def as_gaussian(p: Distribution) -> Gaussian | None:
    """The moments of a Normal or MultivariateNormal; None for anything else."""
    if p.batch_shape or not isinstance(p, Normal | MultivariateNormal):
        return None
    mean = np.atleast_1d(p.mean.detach().double().numpy())
    if isinstance(p, MultivariateNormal):
        return Gaussian(mean, p.covariance_matrix.detach().double().numpy())
    return Gaussian(mean, np.array([[float(p.stddev.double()) ** 2]]))


def kl(p: Gaussian, q: Gaussian) -> float:
    """(tr(T^-1 S) + d' T^-1 d - dim + log det T - log det S) / 2."""
    d = q.mean - p.mean
    inverse = np.linalg.inv(q.covariance)
    logs = _log_det(q.covariance) - _log_det(p.covariance)
    return float(np.trace(inverse @ p.covariance) + d @ inverse @ d - len(d) + logs) / 2


def pearson(p: Gaussian, q: Gaussian) -> float:
    """int (p - q)^2 / q = int p^2 / q - 1; infinite unless 2 S^-1 - T^-1 is positive definite.

    int p^2 / q = sqrt(det T / det A) / det S exp((d' T^-1 A^-1 T^-1 d + d' T^-1 d) / 2),
    A = 2 S^-1 - T^-1.
    """
    d, inverse = q.mean - p.mean, np.linalg.inv(q.covariance)
    A = 2 * np.linalg.inv(p.covariance) - inverse
    if np.linalg.eigvalsh(A)[0] <= 0:
        return math.inf
    v = inverse @ d
    exponent = (v @ np.linalg.solve(A, v) + d @ v) / 2
    scale = (_log_det(q.covariance) - _log_det(A)) / 2 - _log_det(p.covariance)
    return math.expm1(exponent + scale) if exponent + scale < 700 else math.inf


def squared_hellinger(p: Gaussian, q: Gaussian) -> float:
    """2 - 2 (det S det T)^(1/4) / det(C)^(1/2) exp(-d' C^-1 d / 8), C = (S + T) / 2."""
    d, C = q.mean - p.mean, (p.covariance + q.covariance) / 2
    logs = (_log_det(p.covariance) + _log_det(q.covariance)) / 4 - _log_det(C) / 2
    return -2 * math.expm1(logs - float(d @ np.linalg.solve(C, d)) / 8)


def total_variation(p: Gaussian, q: Gaussian) -> float:
    """2 Phi(r / 2) - 1 for one covariance, r^2 = d' S^-1 d; on the line from where p = q.

    Raises ValueError in more dimensions with two covariances: no closed form is known.
    """
    d = q.mean - p.mean
    if np.allclose(p.covariance, q.covariance, rtol=1e-14, atol=0):
        r = math.sqrt(float(d @ np.linalg.solve(p.covariance, d)))
        return float(ndtr(r / 2) - ndtr(-r / 2))
    _only_on_the_line("total-variation", p)
    m, n = float(p.mean[0]), float(q.mean[0])
    s, t = math.sqrt(p.covariance[0, 0]), math.sqrt(q.covariance[0, 0])
    # log p - log q = square x^2 + linear x + constant
    square, linear = 0.5 / t**2 - 0.5 / s**2, m / s**2 - n / t**2
    constant = 0.5 * (n / t) ** 2 - 0.5 * (m / s) ** 2 + math.log(t / s)
    left, right = sorted(np.roots([square, linear, constant]).real)
    inside = ndtr((right - m) / s) - ndtr((left - m) / s)
    return abs(float(inside - ndtr((right - n) / t) + ndtr((left - n) / t)))


def wasserstein_1(p: Gaussian, q: Gaussian) -> float:
    """|d| for one covariance; on the line E |d + (s - t) Z|, Z standard normal.

    Raises ValueError in more dimensions with two covariances.
    """
    d = q.mean - p.mean
    if np.allclose(p.covariance, q.covariance, rtol=1e-14, atol=0):
        return float(np.linalg.norm(d))
    _only_on_the_line("wasserstein-1", p)
    m, s = float(d[0]), abs(math.sqrt(p.covariance[0, 0]) - math.sqrt(q.covariance[0, 0]))
    peak = s * math.sqrt(2 / math.pi) * math.exp(-0.5 * (m / s) ** 2)
    return peak + m * (1 - 2 * float(ndtr(-m / s)))


def wasserstein_2(p: Gaussian, q: Gaussian) -> float:
    """The root of |d|^2 + tr(S + T - 2 (S^1/2 T S^1/2)^1/2)."""
    root = _root(p.covariance)
    cross = np.trace(_root(root @ q.covariance @ root))
    spread = np.trace(p.covariance) + np.trace(q.covariance) - 2 * cross
    return math.sqrt(max(0.0, float((q.mean - p.mean) @ (q.mean - p.mean) + spread)))


CLOSED_FORMS: dict[str, Callable[[Gaussian, Gaussian], float]] = {
    "total-variation": total_variation,
    "kl": kl,
    "reverse-kl": lambda p, q: kl(q, p),
    "pearson": pearson,
    "neyman": lambda p, q: pearson(q, p),
    "squared-hellinger": squared_hellinger,
    "jeffrey": lambda p, q: kl(p, q) + kl(q, p),
    "wasserstein-1": wasserstein_1,
    "wasserstein-2": wasserstein_2,
}


def _log_det(covariance: Array) -> float:
    return float(np.linalg.slogdet(covariance)[1])


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def _only_on_the_line(name: str, p: Gaussian) -> None:
    if len(p.mean) > 1:
        raise ValueError(
            f"{name} of Gaussians with two covariances has a closed form on the line only; "
            f"got {len(p.mean)} dimensions"
        )

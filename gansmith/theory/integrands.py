"""f-divergences as integrals of two log densities: D(p, q) = int d(log p, log q) dx.

Names are those of gansmith.losses.objectives. `jensen-shannon` is JSD itself, at most log 2, and
`gan-divergence` is 2 JSD: each is 0 where p = q. Working on logarithms keeps far tails finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integrand = Callable[[Array, Array], Array]  # of log p and log q, at the same points


def times_weight(log_weight: Array, value: Array) -> Array:
    """exp(log_weight) value, and 0 where the weight is 0 whatever the value."""
    weight = np.exp(log_weight)
    return np.where(weight > 0, weight * np.where(weight > 0, value, 0), 0)


def log_ratio(lp: Array, lq: Array) -> Array:
    """log p/q; 0 where neither has mass, infinite where only one has."""
    nothing = np.isneginf(lp) & np.isneginf(lq)
    return np.where(nothing, 0, lp) - np.where(nothing, 0, lq)


def _pearson(lp: Array, lq: Array) -> Array:
    overlap = np.exp(np.where(np.isneginf(lp), -np.inf, lp + log_ratio(lp, lq)))
    return overlap - 2 * np.exp(lp) + np.exp(lq)


def _triangular(lp: Array, lq: Array) -> Array:
    return (np.exp(lp) + np.exp(lq)) * np.tanh(log_ratio(lp, lq) / 2) ** 2


def weighted_jsd_integrand(pi: float) -> Integrand:
    """pi KL(p, m) + (1 - pi) KL(q, m), m = pi p + (1 - pi) q; pi in (0, 1), else ValueError."""
    if not 0 < pi < 1:
        raise ValueError(f"pi is the weight of p, strictly between 0 and 1; got {pi}")

    def integrand(lp: Array, lq: Array) -> Array:
        mix = np.logaddexp(lp + math.log(pi), lq + math.log(1 - pi))
        of_p, of_q = times_weight(lp, log_ratio(lp, mix)), times_weight(lq, log_ratio(lq, mix))
        return pi * of_p + (1 - pi) * of_q

    return integrand


def from_f(f: Callable[[Array], Array]) -> Integrand:
    """q f(p/q) for your own f, a numpy function of u > 0; log p/q is clipped to +-300.

    Points where q has no mass do not count, so q must have mass wherever p does.
    """
    return lambda lp, lq: times_weight(lq, f(np.exp(np.clip(log_ratio(lp, lq), -300, 300))))


_jsd = weighted_jsd_integrand(0.5)

INTEGRANDS: dict[str, Integrand] = {
    "total-variation": lambda lp, lq: np.abs(np.exp(lp) - np.exp(lq)) / 2,
    "kl": lambda lp, lq: times_weight(lp, log_ratio(lp, lq)),
    "reverse-kl": lambda lp, lq: times_weight(lq, log_ratio(lq, lp)),
    "pearson": _pearson,
    "neyman": lambda lp, lq: _pearson(lq, lp),
    "squared-hellinger": lambda lp, lq: (np.exp(lp / 2) - np.exp(lq / 2)) ** 2,
    "jeffrey": lambda lp, lq: (
        times_weight(lp, log_ratio(lp, lq)) + times_weight(lq, log_ratio(lq, lp))
    ),
    "jensen-shannon": _jsd,
    "weighted-jensen-shannon": weighted_jsd_integrand(0.3),
    "gan-divergence": lambda lp, lq: 2 * _jsd(lp, lq),
    "triangular": _triangular,
}


def find_integrand(what: str | Integrand) -> Integrand:
    """The integrand of a name, or the given one. ValueError for an unknown name."""
    if not isinstance(what, str):
        return what
    if what not in INTEGRANDS:
        raise ValueError(f"unknown divergence {what!r}; choose one of {', '.join(INTEGRANDS)}")
    return INTEGRANDS[what]

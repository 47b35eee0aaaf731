"""Divergences between densities on the line: closed forms, quadrature, best Gaussian fits.

Densities are given by their logarithm, a numpy function x (n,) -> log p(x) (n,) in nats; -inf is
allowed where there is no mass. Names are those of gansmith.objectives; here jensen-shannon is JSD
itself (at most log 2) and gan-divergence is 2 JSD, each 0 where p = q.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid, trapezoid
from scipy.optimize import minimize
from scipy.special import expit, ndtr

Array = NDArray[np.float64]
LogDensity = Callable[[Array], Array]
Integrand = Callable[[Array, Array], Array]  # of log p and log q, at the same points
POINTS = 20_001


class Normal(NamedTuple):
    """N(mean, std^2) on the line."""

    mean: float
    std: float

    def log_density(self, x: Array) -> Array:
        """log N(x; mean, std^2), elementwise."""
        z = (x - self.mean) / self.std
        return -0.5 * z * z - math.log(self.std * math.sqrt(2 * math.pi))

    def below(self, x: float) -> float:
        """P(X <= x)."""
        return float(ndtr((x - self.mean) / self.std))


def kl(p: Normal, q: Normal) -> float:
    """KL(p, q) = log(sq / sp) + (sp^2 + (mp - mq)^2) / (2 sq^2) - 1/2."""
    shift = p.mean - q.mean
    return math.log(q.std / p.std) + (p.std**2 + shift**2) / (2 * q.std**2) - 0.5


def pearson(p: Normal, q: Normal) -> float:
    """int (p - q)^2 / q; infinite unless sp^2 < 2 sq^2."""
    spread = 2 * q.std**2 - p.std**2
    if spread <= 0:
        return math.inf
    exponent = (p.mean - q.mean) ** 2 / spread
    return q.std**2 / (p.std * math.sqrt(spread)) * math.exp(exponent) - 1


def squared_hellinger(p: Normal, q: Normal) -> float:
    """int (sqrt p - sqrt q)^2 = 2 - 2 int sqrt(p q), from 0 to 2."""
    total = p.std**2 + q.std**2
    overlap = math.sqrt(2 * p.std * q.std / total)
    return 2 - 2 * overlap * math.exp(-((p.mean - q.mean) ** 2) / (4 * total))


def total_variation(p: Normal, q: Normal) -> float:
    """1/2 int |p - q| = sup over sets of p(A) - q(A), from the points where p = q."""
    square = 0.5 / q.std**2 - 0.5 / p.std**2  # log p - log q = square x^2 + linear x + constant
    linear = p.mean / p.std**2 - q.mean / q.std**2
    constant = 0.5 * (q.mean / q.std) ** 2 - 0.5 * (p.mean / p.std) ** 2 + math.log(q.std / p.std)
    if p == q:
        return 0.0
    if square == 0:
        cut = -constant / linear
        return abs(p.below(cut) - q.below(cut))
    left, right = sorted(np.roots([square, linear, constant]).real)
    return abs(p.below(right) - p.below(left) - q.below(right) + q.below(left))


def wasserstein_1(p: Normal, q: Normal) -> float:
    """W1 = E |m + s Z| with m, s the differences of means and stds, Z standard normal."""
    m, s = p.mean - q.mean, abs(p.std - q.std)
    if s == 0:
        return abs(m)
    peak = s * math.sqrt(2 / math.pi) * math.exp(-0.5 * (m / s) ** 2)
    return peak + m * (1 - 2 * float(ndtr(-m / s)))


def wasserstein_2(p: Normal, q: Normal) -> float:
    """W2, the root: sqrt((mp - mq)^2 + (sp - sq)^2)."""
    return math.hypot(p.mean - q.mean, p.std - q.std)


GAUSSIAN: dict[str, Callable[[Normal, Normal], float]] = {
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


def _times(log_weight: Array, value: Array) -> Array:
    """exp(log_weight) value, and 0 where the weight is 0 whatever the value."""
    weight = np.exp(log_weight)
    return np.where(weight > 0, weight * np.where(weight > 0, value, 0), 0)


def _log_ratio(lp: Array, lq: Array) -> Array:
    nothing = np.isneginf(lp) & np.isneginf(lq)
    return np.where(nothing, 0, lp) - np.where(nothing, 0, lq)


def _pearson(lp: Array, lq: Array) -> Array:
    overlap = np.exp(np.where(np.isneginf(lp), -np.inf, lp + _log_ratio(lp, lq)))
    return overlap - 2 * np.exp(lp) + np.exp(lq)


def _triangular(lp: Array, lq: Array) -> Array:
    return (np.exp(lp) + np.exp(lq)) * np.tanh(_log_ratio(lp, lq) / 2) ** 2


def weighted_jensen_shannon(pi: float) -> Integrand:
    """pi KL(p, m) + (1 - pi) KL(q, m), m = pi p + (1 - pi) q; pi in (0, 1), else ValueError."""
    if not 0 < pi < 1:
        raise ValueError(f"pi is the weight of p, strictly between 0 and 1; got {pi}")

    def integrand(lp: Array, lq: Array) -> Array:
        mix = np.logaddexp(lp + math.log(pi), lq + math.log(1 - pi))
        of_p, of_q = _times(lp, _log_ratio(lp, mix)), _times(lq, _log_ratio(lq, mix))
        return pi * of_p + (1 - pi) * of_q

    return integrand


def from_f(f: Callable[[Array], Array]) -> Integrand:
    """q f(p/q) for your own f, a numpy function of u > 0; log p/q is held within +-300.

    Where q has no mass nothing is counted, so q must have mass wherever p does.
    """
    return lambda lp, lq: _times(lq, f(np.exp(np.clip(_log_ratio(lp, lq), -300, 300))))


_jsd = weighted_jensen_shannon(0.5)

INTEGRANDS: dict[str, Integrand] = {
    "total-variation": lambda lp, lq: np.abs(np.exp(lp) - np.exp(lq)) / 2,
    "kl": lambda lp, lq: _times(lp, _log_ratio(lp, lq)),
    "reverse-kl": lambda lp, lq: _times(lq, _log_ratio(lq, lp)),
    "pearson": _pearson,
    "neyman": lambda lp, lq: _pearson(lq, lp),
    "squared-hellinger": lambda lp, lq: (np.exp(lp / 2) - np.exp(lq / 2)) ** 2,
    "jeffrey": lambda lp, lq: _times(lp, _log_ratio(lp, lq)) + _times(lq, _log_ratio(lq, lp)),
    "jensen-shannon": _jsd,
    "weighted-jensen-shannon": weighted_jensen_shannon(0.3),
    "gan-divergence": lambda lp, lq: 2 * _jsd(lp, lq),
    "triangular": _triangular,
}


def divergence(
    what: str | Integrand,
    log_p: LogDensity,
    log_q: LogDensity,
    lo: float,
    hi: float,
    points: int = POINTS,
) -> float:
    """D(p, q) on [lo, hi] by the trapezoid rule, which is spectrally accurate for smooth tails.

    what: a name of INTEGRANDS or an integrand, such as `from_f(f)`. [lo, hi] must hold the mass
    of both, and for pearson and neyman that of p^2/q or q^2/p. What lies outside is not counted.
    Raises ValueError for an unknown name or lo >= hi.
    """
    if isinstance(what, str) and what not in INTEGRANDS:
        raise ValueError(f"unknown divergence {what!r}; choose one of {', '.join(INTEGRANDS)}")
    if lo >= hi:
        raise ValueError(f"an interval needs lo < hi; got [{lo}, {hi}]")
    integrand = INTEGRANDS[what] if isinstance(what, str) else what
    x = np.linspace(lo, hi, points)
    with np.errstate(over="ignore", under="ignore"):
        return float(trapezoid(integrand(log_p(x), log_q(x)), x))


def optimal_discriminator(log_p: LogDensity, log_q: LogDensity) -> LogDensity:
    """x -> D*(x) = p / (p + q), the best answer to fixed p and q (arXiv:1406.2661, prop. 1)."""
    return lambda x: np.asarray(expit(_log_ratio(log_p(x), log_q(x))))


class Fit(NamedTuple):
    """The Gaussian N(mean, std^2) nearest to p, and the divergence D(p, q) left."""

    mean: float
    std: float
    value: float


def best_gaussian(
    what: str | Integrand,
    log_p: LogDensity,
    lo: float,
    hi: float,
    starts: Iterable[tuple[float, float]] | None = None,
    points: int = 2001,
) -> Fit:
    """argmin over (mean, std) of D(p, N(mean, std^2)): what a Gaussian generator should learn.

    starts: (mean, std) pairs to descend from (Nelder-Mead); the best end wins. Not given: the
    10 %, 50 % and 90 % points of p, each with the std of p and a quarter of it. Means are kept
    inside [lo, hi] and stds under hi - lo. The rest as for `divergence`; points = 2001 gives four
    decimals for the smooth ones, total-variation wants 40_001.
    """
    x = np.linspace(lo, hi, points)

    def value(theta: NDArray[Any]) -> float:
        mean, log_std = float(theta[0]), float(theta[1])
        if not lo <= mean <= hi or not math.log((hi - lo) / points) < log_std < math.log(hi - lo):
            return math.inf
        q = Normal(mean, math.exp(log_std))
        return divergence(what, log_p, q.log_density, lo, hi, points)

    best = Fit(math.nan, math.nan, math.inf)
    for mean, std in starts or _starts(x, np.exp(log_p(x))):
        end = minimize(
            value,
            [mean, math.log(std)],
            method="Nelder-Mead",
            options={"xatol": 1e-5, "fatol": 1e-9},
        )
        if end.fun < best.value:
            best = Fit(float(end.x[0]), math.exp(float(end.x[1])), float(end.fun))
    return best


def _starts(x: Array, p: Array) -> list[tuple[float, float]]:
    mean = trapezoid(p * x, x)
    std = math.sqrt(trapezoid(p * (x - mean) ** 2, x))
    below = cumulative_trapezoid(p, x, initial=0)
    marks = [float(x[np.searchsorted(below, share)]) for share in (0.1, 0.5, 0.9)]
    return [(mark, width) for mark in marks for width in (std, std / 4)]

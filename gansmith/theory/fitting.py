"""The Gaussian nearest to a density under each divergence, which a generator should learn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch.distributions import Distribution

from gansmith.theory.integrands import Array, Integrand, find_integrand
from gansmith.theory.line import check_univariate, components, log_density, panel_edges, quadrature

COARSE, FINE = 4, 64  # panels per interval: for the search, and for the result


class GaussianFit(NamedTuple):
    """The Gaussian N(mean, std^2) nearest to p, and the remaining divergence D(p, q)."""

    mean: float
    std: float
    value: float


def best_gaussian(
    p: Distribution,
    what: str | Integrand,
    starts: Iterable[tuple[float, float]] | None = None,
) -> GaussianFit:
    """argmin over (mean, std) of D(p, N(mean, std^2)), by quadrature and descent from many places.

    p: any torch distribution of single numbers. what: a name as in `divergence`, or an integrand.
    starts: (mean, std) pairs to descend from (Nelder-Mead); the best result is returned. By default
    the 10 %, 50 % and 90 % points of p, each with the std of p and a quarter of it, and each
    component of a mixture. Accurate to 1e-4.
    """
    check_univariate(p)
    integrand = find_integrand(what)
    places = panel_edges(p)
    width = places[-1] - places[0]
    places = [places[0] - width, *places, places[-1] + width]
    narrowest = min(scale for _, scale in components(p)) / 20

    def descend(start: tuple[float, float], x: Array, w: Array, log_p: Array) -> GaussianFit:
        def value(theta: NDArray[Any]) -> float:
            mean, log_std = float(theta[0]), float(theta[1])
            if not x[0] <= mean <= x[-1] or not math.log(narrowest) < log_std < math.log(width):
                return math.inf
            z = (x - mean) * math.exp(-log_std)
            return float(w @ integrand(log_p, -0.5 * z**2 - log_std - 0.5 * math.log(math.tau)))

        options = {"xatol": 1e-6, "fatol": 1e-10}
        end = minimize(value, [start[0], math.log(start[1])], method="Nelder-Mead", options=options)
        return GaussianFit(float(end.x[0]), math.exp(float(end.x[1])), float(end.fun))

    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        x, w = quadrature(places, COARSE)
        log_p = log_density(p)(x)
        starts = starts or [*_spread(x, w * np.exp(log_p)), *components(p)]
        best = min((descend(start, x, w, log_p) for start in starts), key=lambda fit: fit.value)
        x, w = quadrature(places, FINE)
        return descend(best[:2], x, w, log_density(p)(x))


def _spread(x: Array, mass: Array) -> list[tuple[float, float]]:
    mean = float(mass @ x)
    std = math.sqrt(float(mass @ (x - mean) ** 2))
    below = np.cumsum(mass)
    marks = [float(x[np.searchsorted(below, share)]) for share in (0.1, 0.5, 0.9)]
    return [(mark, size) for mark in marks for size in (std, std / 4)]

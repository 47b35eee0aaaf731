"""Univariate densities: their support, and integrals over them.

Any torch distribution over single numbers is accepted. Give its parameters in float64: a density
with float32 parameters is accurate to 1e-6 only. Integrals are Gauss-Legendre on panels that follow
the scales of the densities; panels are halved until the value is stable, and the range is extended
until nothing is added. Smooth densities give 1e-10; the ends of the support are panel edges, and a
kink inside (as of |p - q|) costs a few more halvings: 1e-8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, MixtureSameFamily

from gansmith.theory.integrands import Array, Integrand

Nodes = tuple[Array, Array]  # points and their weights
ORDER = 20  # of the rule on a panel
HALVINGS = 8
WIDENINGS = 16
FAINT = 60.0  # nats below the peak: exp(-60) = 1e-26
NEAR = (0.0, 1.0, 2.0, 4.0, 8.0)  # deviations from a mean at which panels end


def check_univariate(*distributions: Distribution) -> None:
    """ValueError for a distribution that is not univariate and continuous."""
    for p in distributions:
        if p.event_shape or p.batch_shape or _support(p).is_discrete:
            raise ValueError(
                "expected a density on the line: one torch distribution of single numbers, with "
                f"scalar parameters; got {p!r}"
            )


def log_density(p: Distribution) -> Callable[[Array], Array]:
    """x (n,) -> log p(x) (n,) in nats; -inf outside the support."""

    def log_p(x: Array) -> Array:
        points = torch.from_numpy(np.ascontiguousarray(x))
        inside = _support(p).check(points)
        logs = torch.full_like(points, -torch.inf)
        logs[inside] = p.log_prob(points[inside]).double()
        return logs.numpy()

    return log_p


def components(p: Distribution) -> list[tuple[float, float]]:
    """(center, scale) of p, or of each component of a mixture; (mode, 1) for a Cauchy."""
    one = p.component_distribution if isinstance(p, MixtureSameFamily) else p
    center, scale = _numbers(one.mean), _numbers(one.stddev)
    known = np.isfinite(center) & np.isfinite(scale)
    center = np.where(known, center, 0.0 if known.all() else _numbers(one.mode))
    return list(zip(center.tolist(), np.where(known, scale, 1.0).tolist(), strict=True))


def panel_edges(p: Distribution) -> list[float]:
    """Edges of the panels: bounds of the support, and points that follow the scales of p."""
    log_p = log_density(p)
    found: set[float] = set()
    for center, scale in components(p):
        peak = float(log_p(np.array([center]))[0])
        for side in (-1, 1):
            near = [center + side * scale * far for far in NEAR]
            while len(near) < 26 and log_p(np.array(near[-1:]))[0] > peak - FAINT:
                near.append(center + 2 * (near[-1] - center))
            found.update(near)
    bounds = _bounds(p)
    lo, hi = min(bounds, default=-np.inf), max(bounds, default=np.inf)
    half = len(bounds) == 1  # a half line, whose bound is its lower or its upper end
    if half:
        lo, hi = (lo, np.inf) if lo <= min(c for c, _ in components(p)) else (-np.inf, hi)
    return sorted({x for x in found if lo < x < hi} | bounds)


def quadrature(edges: Sequence[float], panels: int) -> Nodes:
    """Points and weights over the edges, each interval divided into `panels` panels."""
    x, w = _rule()
    ends = np.unique(np.concatenate([np.linspace(a, b, panels + 1) for a, b in pairwise(edges)]))
    middle, half = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def integral(integrand: Integrand, p: Distribution, q: Distribution) -> float:
    """int integrand(log p, log q) dx over the line; inf where it diverges."""
    check_univariate(p, q)
    log_p, log_q = log_density(p), log_density(q)

    def between(places: Sequence[float]) -> float:
        last = np.nan
        for halving in range(HALVINGS):
            x, w = quadrature(places, 2**halving)
            value = float(w @ integrand(log_p(x), log_q(x)))
            if not np.isfinite(value) or abs(value - last) <= 1e-11 * abs(value) + 1e-14:
                return value
            last = value
        return last

    places = sorted({*panel_edges(p), *panel_edges(q)})
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        total, last = between(places), np.inf
        lo, hi = places[0], places[-1]
        for _ in range(WIDENINGS):
            width = hi - lo
            tail = between([lo - width, lo]) + between([hi, hi + width])
            total += tail
            if not np.isfinite(total):
                return np.inf
            if abs(tail) <= 1e-12 * abs(total) + 1e-15:
                return total
            growing, last = abs(tail) >= last, abs(tail)
            lo, hi = lo - width, hi + width
        return np.inf if growing else total


def cdf(p: Distribution) -> Callable[[Array], Array]:
    """x (n,) -> P(X <= x). Raises ValueError where torch does not implement it."""

    def below(x: Array) -> Array:
        bounds = _bounds(p)
        points = torch.from_numpy(np.ascontiguousarray(x))
        if len(bounds) == 2:
            points = points.clamp(*sorted(bounds))
        elif bounds:
            points = points.clamp(min=bounds.pop())
        return p.cdf(points).double().numpy()

    try:
        below(np.array([float(components(p)[0][0])]))
    except NotImplementedError as error:
        raise ValueError(
            f"torch has no distribution function for {type(p).__name__}; compare samples with "
            "gansmith.metrics.wasserstein_1d instead"
        ) from error
    return below


def quantile(p: Distribution, share: Array) -> Array:
    """The x with P(X <= x) = share, by bisection; shares (n,) in (0, 1)."""
    below, places = cdf(p), panel_edges(p)
    lo, hi = np.full_like(share, places[0]), np.full_like(share, places[-1])
    for _ in range(80):
        middle = (lo + hi) / 2
        less = below(middle) < share
        lo, hi = np.where(less, middle, lo), np.where(less, hi, middle)
    return (lo + hi) / 2


@cache
def _rule() -> Nodes:
    x, w = np.polynomial.legendre.leggauss(ORDER)
    return x, w


def _support(p: Distribution) -> Any:
    return p.support  # torch's own types allow None, which no distribution returns


def _numbers(x: Tensor) -> Array:
    return np.atleast_1d(x.detach().double().numpy())


def _bounds(p: Distribution) -> set[float]:
    """Finite ends of the support, of every component."""
    support = _support(p)
    support = getattr(support, "base_constraint", support)
    ends = (getattr(support, name, None) for name in ("lower_bound", "upper_bound"))
    numbers = [torch.as_tensor(end).double().reshape(-1) for end in ends if end is not None]
    return {float(x) for end in numbers for x in end if torch.isfinite(x)}

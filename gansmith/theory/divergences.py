"""Divergences between known distributions, the optimal D, and the value of the game.

    from torch.distributions import Normal
    divergence("jensen-shannon", Normal(0.0, 1.0), Normal(2.0, 1.0))       # 0.33683

In closed form between Gaussians of any dimension and between categorical distributions, else by
quadrature between densities on the line. All in nats. Names are those of losses.objectives; see
`gansmith.theory.integrands` for what a name means.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution

from gansmith.theory.gaussians import CLOSED_FORMS, as_gaussian
from gansmith.theory.integrands import Array, Integrand, find_integrand
from gansmith.theory.line import cdf, check_univariate, integral, panel_edges, quadrature, quantile


def divergence(what: str | Integrand, p: Distribution, q: Distribution) -> float:
    """D(p, q): one of the f-divergences, infinite where it diverges.

    what: a name of INTEGRANDS, or an integrand such as `from_f(f)`.
    p, q: two Gaussians (Normal, MultivariateNormal), two Categoricals over as many values, or any
    two torch distributions of single numbers. Parameters in float64 give all digits.
    Raises ValueError for an unknown name and for distributions that have no such form.
    """
    integrand = find_integrand(what)
    one, other = as_gaussian(p), as_gaussian(q)
    if one and other and len(one.mean) != len(other.mean):
        raise ValueError(
            f"Gaussians of {len(one.mean)} and {len(other.mean)} dimensions cannot be compared"
        )
    if isinstance(what, str) and one and other and what in CLOSED_FORMS:
        return CLOSED_FORMS[what](one, other)
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return _discrete(integrand, p, q)
    return integral(integrand, p, q)


def wasserstein(p: Distribution, q: Distribution, power: int = 1) -> float:
    """(min over couplings of E |x - y|^power)^(1 / power), power 1 or 2.

    Between Gaussians in closed form; on the line W1 = int |F - G| dx, and W2 from the quantiles,
    to about 1e-6. For samples see `gansmith.theory.transport`. Raises ValueError for another
    power, or where nothing of this kind is known.
    """
    if power not in (1, 2):
        raise ValueError(f"Wasserstein distances here are of power 1 or 2; got {power}")
    one, other = as_gaussian(p), as_gaussian(q)
    if one and other:
        return CLOSED_FORMS[f"wasserstein-{power}"](one, other)
    check_univariate(p, q)
    if power == 1:
        x, w = quadrature(sorted({*panel_edges(p), *panel_edges(q)}), 64)
        return float(w @ np.abs(cdf(p)(x) - cdf(q)(x)))
    low = [0.0, *np.logspace(-14, -1, 27), 0.5]
    u, w = quadrature([*low, *(1 - np.array(low[-2::-1]))], 2)
    return math.sqrt(float(w @ (quantile(p, u) - quantile(q, u)) ** 2))


def optimal_discriminator(
    p: Distribution, q: Distribution, fakes: float = 1.0
) -> Callable[[Tensor], Tensor]:
    """x -> D*(x) = p / (p + fakes q), optimal for fixed p and q (arXiv:1406.2661, Prop. 1).

    fakes: how many generated examples D sees for each real one. x: (n,), or (n, d) for
    distributions over vectors; D* (n,) as probabilities. 1/2 where neither has mass.
    """

    def best(x: Tensor) -> Tensor:
        logit = p.log_prob(x) - q.log_prob(x) - math.log(fakes)
        return torch.sigmoid(torch.nan_to_num(logit, nan=0.0, posinf=torch.inf, neginf=-torch.inf))

    return best


def game_value(p: Distribution, q: Distribution) -> float:
    """max over D of E_p[log D] + E_q[log(1 - D)] = -2 log 2 + 2 JSD(p, q) (arXiv:1406.2661, Thm 1).

    From -2 log 2 where p = q up to 0 where no example could be of both.
    """
    return -2 * math.log(2) + 2 * divergence("jensen-shannon", p, q)


def _discrete(integrand: Integrand, p: Categorical, q: Categorical) -> float:
    """The same as a sum: a probability takes the place of a density."""
    if p.probs.shape != q.probs.shape or p.probs.ndim != 1:
        raise ValueError(
            "two categorical distributions are over as many values; got probabilities of shapes "
            f"{tuple(p.probs.shape)} and {tuple(q.probs.shape)}"
        )
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return float(integrand(_logs(p), _logs(q)).sum())


def _logs(p: Categorical) -> Array:
    """log of the probabilities; torch's own logits hold -15.9 for a probability of 0."""
    return np.asarray(np.log(p.probs.detach().double().numpy()))

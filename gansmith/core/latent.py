"""The prior over latent codes z."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gansmith.core.rng import Rng

TRUNCATION = 2.0


def normal(rng: Rng, *shape: int) -> Tensor:
    """Standard normal codes, N(0, 1) in each coordinate."""
    return rng.normal(*shape)


def uniform(rng: Rng, *shape: int) -> Tensor:
    """Uniform codes in [-1, 1), the prior of DCGAN (arXiv:1511.06434, section 4)."""
    return 2 * rng.uniform(*shape) - 1


def truncated(rng: Rng, *shape: int) -> Tensor:
    """Standard normal codes conditioned on abs(z) <= 2 (arXiv:1809.11096, section 3.1).

    Drawn by inverting the distribution function, so that a sample takes one uniform number and
    there are no rejections.
    """
    return _normal_within(rng.uniform(*shape).double(), TRUNCATION)


def _normal_within(u: Tensor, most: float) -> Tensor:
    """Normal numbers conditioned on abs(z) <= most, from their distribution function in [0, 1]."""
    tail = 0.5 * math.erfc(most / math.sqrt(2))
    return torch.special.ndtri(tail + (1 - 2 * tail) * u).float().clamp(-most, most)


def _share_below(z: Tensor, most: float) -> Tensor:
    """The distribution function of normal numbers conditioned on abs(z) <= most."""
    tail = 0.5 * math.erfc(most / math.sqrt(2))
    return (torch.special.ndtr(z.double()) - tail) / (1 - 2 * tail)


# how codes of a prior become those conditioned on abs(z) <= t, one by one and in their order
WITHIN: dict[str, Callable[[Tensor, float], Tensor]] = {
    "normal": lambda z, t: _normal_within(_share_below(z, math.inf), t),
    "uniform": lambda z, t: z * min(t, 1.0),
    "truncated": lambda z, t: _normal_within(_share_below(z, TRUNCATION), min(t, TRUNCATION)),
}
PRIORS: dict[str, Callable[..., Tensor]] = {
    "normal": normal,
    "uniform": uniform,
    "truncated": truncated,
}
TORCH_EXPRESSIONS = {
    "normal": "torch.randn({n}, {dim})",
    "uniform": "2 * torch.rand({n}, {dim}) - 1",
    "truncated": "torch.nn.init.trunc_normal_(torch.empty({n}, {dim}), a=-2, b=2)",
}


class Latent:
    """A prior over codes of `dim` coordinates.

    prior: a name in PRIORS.
    Raises ValueError for an unknown prior or a dimension below 1.
    """

    def __init__(self, dim: int, prior: str = "normal") -> None:
        if prior not in PRIORS:
            raise ValueError(f"unknown prior {prior!r}; choose one of {', '.join(PRIORS)}")
        if dim < 1:
            raise ValueError(f"a latent code needs at least one coordinate; got dim={dim}")
        self.dim, self.prior = dim, prior

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n codes, float32, (n, dim).

        With rng.truncation = t they are conditioned on abs(z) <= t in each coordinate, the
        truncation trick of arXiv:1809.11096: each code is moved inwards, none is drawn anew.
        """
        codes = PRIORS[self.prior](rng, n, self.dim)
        return codes if rng.truncation == math.inf else WITHIN[self.prior](codes, rng.truncation)

    def torch_expression(self, n: int) -> str:
        """A Python expression in plain torch that draws n codes."""
        return TORCH_EXPRESSIONS[self.prior].format(n=n, dim=self.dim)

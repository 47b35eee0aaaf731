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
    tail = 0.5 * math.erfc(TRUNCATION / math.sqrt(2))
    u = tail + (1 - 2 * tail) * rng.uniform(*shape).double()
    return torch.special.ndtri(u).float().clamp(-TRUNCATION, TRUNCATION)


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
        """n codes, float32, (n, dim)."""
        return PRIORS[self.prior](rng, n, self.dim)

    def torch_expression(self, n: int) -> str:
        """A Python expression in plain torch that draws n codes."""
        return TORCH_EXPRESSIONS[self.prior].format(n=n, dim=self.dim)

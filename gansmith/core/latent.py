"""The prior over latent codes z."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

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


def one_hot(rng: Rng, n: int, dim: int) -> Tensor:
    """A one in a coordinate drawn uniformly, else zeros: InfoGAN's classes (arXiv:1606.03657)."""
    classes = (dim * rng.uniform(n)).long().clamp(max=dim - 1)  # the product may be rounded up
    return torch.nn.functional.one_hot(classes, dim).float()


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation (arXiv:1609.04468): sin((1-t)w)/sin(w) a + sin(tw)/sin(w) b.

    w is the angle between a and b, both (..., dim), not parallel.
    """
    cosine = (a * b).sum(-1, keepdim=True) / (
        a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    )
    w = torch.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6))
    return (torch.sin((1 - t) * w) * a + torch.sin(t * w) * b) / torch.sin(w)


def keep(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The first of two codes, all along: there is nothing between two classes."""
    return torch.lerp(a, b, torch.zeros_like(t))


class Prior(NamedTuple):
    """How codes are drawn, (rng, n, dim) -> (n, dim), also in plain torch; the path from one to
    another, (a, b, t) -> codes, t from 0 to 1; and how they become those conditioned on
    abs(z) <= most, one by one and in their order."""

    draw: Callable[..., Tensor]
    torch_expression: str
    between: Callable[[Tensor, Tensor, Tensor], Tensor]
    within: Callable[[Tensor, float], Tensor]


PRIORS = {
    "normal": Prior(
        normal,
        "torch.randn({n}, {dim})",
        slerp,  # on the sphere the codes in between are as likely as their ends
        lambda z, most: _normal_within(_share_below(z, math.inf), most),
    ),
    "uniform": Prior(
        uniform,
        "2 * torch.rand({n}, {dim}) - 1",
        torch.lerp,
        lambda z, most: z * min(most, 1.0),
    ),
    "truncated": Prior(
        truncated,
        "torch.nn.init.trunc_normal_(torch.empty({n}, {dim}), a=-2, b=2)",
        torch.lerp,
        lambda z, most: _normal_within(_share_below(z, TRUNCATION), min(most, TRUNCATION)),
    ),
    "one-hot": Prior(
        one_hot,
        "torch.eye({dim})[torch.randint({dim}, ({n},))]",
        keep,
        lambda z, most: z,
    ),
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

    def __init_subclass__(cls) -> None:
        """Raises TypeError for one that is sampled otherwise and still described as this one."""
        wanted = ("between", "meaning", "torch_expression")
        missing = ", ".join(name for name in wanted if name not in vars(cls))
        if "sample" in vars(cls) and missing:
            raise TypeError(
                f"{cls.__name__} samples codes of its own, so it defines {missing} as well, which "
                "interpolations and exports go by; codes of several priors side by side are a "
                "JointLatent(Latent(62), Latent(10, 'one-hot'), ...)"
            )

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n codes, float32, (n, dim).

        With rng.truncation = t they are conditioned on abs(z) <= t in each coordinate, the
        truncation trick of arXiv:1809.11096: each code is moved inwards, none is drawn anew.
        """
        codes = PRIORS[self.prior].draw(rng, n, self.dim)
        if rng.truncation == math.inf:
            return codes
        return PRIORS[self.prior].within(codes, rng.truncation)

    def between(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """The codes on a path from a to b, (..., dim), at t from 0 to 1, (..., 1)."""
        return PRIORS[self.prior].between(a, b, t)

    @property
    def meaning(self) -> str:
        """What codes are, for those who draw them without Gansmith."""
        return f"codes: every coordinate from the prior {self.prior!r}"

    def torch_expression(self, n: int) -> str:
        """A Python expression in plain torch that draws n codes."""
        return PRIORS[self.prior].torch_expression.format(n=n, dim=self.dim)


class JointLatent(Latent):
    """Codes of several priors side by side, such as InfoGAN's noise, class and factors."""

    def __init__(self, *parts: Latent) -> None:
        if not parts:
            raise ValueError("a JointLatent has one part at least")
        self.parts = parts
        self.dim, self.prior = sum(x.dim for x in parts), " + ".join(x.prior for x in parts)

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n codes, float32, (n, dim)."""
        return torch.cat([part.sample(n, rng) for part in self.parts], 1)

    def between(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """Each part on a path of its own."""
        sizes = [part.dim for part in self.parts]
        ends = zip(self.parts, a.split(sizes, -1), b.split(sizes, -1), strict=True)
        return torch.cat([part.between(x, y, t) for part, x, y in ends], -1)

    @property
    def meaning(self) -> str:
        """What codes are, part by part."""
        return "codes, side by side: " + ", ".join(f"{x.dim} of {x.prior!r}" for x in self.parts)

    def torch_expression(self, n: int) -> str:
        """A Python expression in plain torch that draws n codes."""
        return f"torch.cat([{', '.join(part.torch_expression(n) for part in self.parts)}], 1)"

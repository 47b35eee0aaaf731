"""How a discriminator generates without a generator: examples climb its score.

x~ = argmax_x D(x) cannot be solved for pictures; a walk comes near it, each step of which costs
D a pass forth and a pass back. It is used in two steps, so that a loss stays a deterministic
function: `noise = walk.draw(x, steps, rng)`, then `walk(D, x, noise)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Protocol

import torch
from torch import Tensor

from gansmith.core.precision import eager_float32, to_float32
from gansmith.core.rng import Rng
from gansmith.penalties.gradient_norm import Critic


class Walk(Protocol):
    """Steps up the score of D.

    draw(x, steps, rng): what is random in so many steps, (B, steps, ...).
    walk(D, x, noise): where noise.shape[1] steps lead from x (B, ...); detached, float32
        (float64 stays), computed eagerly and outside autocast.
    """

    def draw(self, x: Tensor, steps: int, rng: Rng) -> Tensor: ...
    def __call__(self, D: Critic, x: Tensor, noise: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class GradientAscent:
    """Towards argmax_x D(x): x <- x + rate / 2 grad_x D(x).

    bound: every coordinate is kept in [-bound, bound].
    """

    rate: float
    bound: float = inf

    def draw(self, x: Tensor, steps: int, rng: Rng) -> Tensor:
        """Nothing is random, (B, steps, 0): only the number of steps is told."""
        return torch.zeros(len(x), steps, 0)

    def __call__(self, D: Critic, x: Tensor, noise: Tensor) -> Tensor:
        x = to_float32(x)
        for _ in range(noise.shape[1]):
            x = (x + self.rate / 2 * input_gradient(D, x)).clamp(-self.bound, self.bound)
        return x


@dataclass(frozen=True)
class Langevin:
    """Samples of the density exp(D(x)) / Z: x <- x + rate / 2 grad_x D(x) + noise n.

    Langevin dynamics (arXiv:1903.08689, Eq. 1), n standard normal. Small steps with
    noise = sqrt(rate) give samples of exp(D), in general of exp(D / t) with the temperature
    t = noise^2 / rate; in practice it is far below 1.

    bound: every coordinate is kept in [-bound, bound].
    """

    rate: float
    noise: float
    bound: float = inf

    def draw(self, x: Tensor, steps: int, rng: Rng) -> Tensor:
        """Standard normal numbers, (B, steps, ...)."""
        return rng.normal(len(x), steps, *x.shape[1:])

    def __call__(self, D: Critic, x: Tensor, noise: Tensor) -> Tensor:
        x = to_float32(x)
        for n in noise.unbind(1):
            x = x + self.rate / 2 * input_gradient(D, x) + self.noise * n
            x = x.clamp(-self.bound, self.bound)
        return x


def input_gradient(D: Critic, x: Tensor) -> Tensor:
    """grad_x D(x), (B, ...) like x, without a graph; D treats examples apart."""
    x = x.detach().requires_grad_()
    with eager_float32(x):
        (gradient,) = torch.autograd.grad(D(x).sum(), x)
    return gradient

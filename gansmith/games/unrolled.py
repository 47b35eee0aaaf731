"""Unrolled GAN (arXiv:1611.02163, Eqs. 7 to 10): G foresees how D will answer.

D moves as ever. G's loss is taken at the D that some gradient steps of D's own would make of
the present one; they are differentiated through, so G feels how its fakes steer those steps.

Departs from the paper in: the foreseen steps are plain gradient descent on the batch itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gansmith.core.game import Batch, Terms
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import Objective
from gansmith.penalties.gradient_norm import full, plainly


@dataclass(frozen=True)
class Lookahead:
    """`steps` steps of gradient descent at `rate` on D's loss, as a differentiable function.

    theta_0 = theta,  theta_{k+1} = theta_k - rate * grad L_D(theta_k).
    Raises ValueError for fewer than 0 steps or a rate that is not positive.
    """

    steps: int = 5
    rate: float = 0.1

    def __post_init__(self) -> None:
        if self.steps < 0 or not self.rate > 0:
            raise ValueError(
                f"D is unrolled 0 steps or more at a rate above 0; got {self.steps}, {self.rate}"
            )

    @property
    def batch_coupled(self) -> bool:
        """Whether the examples of a batch meet: they do in the foreseen steps."""
        return self.steps > 0

    def __call__(
        self, D: nn.Module, objective: Objective, real: Tensor, fake: Tensor
    ) -> dict[str, Tensor]:
        """D's parameters after the steps, with the graph that led to them."""
        theta = {name: p.clone().requires_grad_() for name, p in D.named_parameters()}
        for _ in range(self.steps):
            logits = (_call(D, theta, x) for x in (real, fake))
            loss = objective.d(*logits)
            slopes = torch.autograd.grad(loss, list(theta.values()), create_graph=True)
            theta = {
                name: p - self.rate * slope
                for (name, p), slope in zip(theta.items(), slopes, strict=True)
            }
        return theta


class Unrolled(GAN):
    """A generator against the discriminator to come.

    D has no norm layers: their statistics would move in the foreseen passes too.
    lookahead: how the D to come is made.
    """

    def __init__(
        self, G: Generator, D: nn.Module, *, objective: Objective, lookahead: Lookahead
    ) -> None:
        super().__init__(G, D, objective=objective)
        self.lookahead = lookahead

    def fool(self, x: Batch) -> Terms:
        fake = self.G(x.z)
        with plainly(x.real):  # second derivatives: in full precision
            real, fake = full(x.real), _full(fake)
            theta = self.lookahead(self.D, self.objective, real, fake)
            logit = _call(self.D, theta, fake)
            seen = _call(self.D, theta, real) if self.objective.needs_real else None
            return dict(adv=self.objective.g(seen, logit))


def _call(D: nn.Module, theta: dict[str, Tensor], x: Tensor) -> Tensor:
    logit: Any = functional_call(D, theta, (x,))
    return logit


def _full(x: Tensor) -> Tensor:
    """Half precision as float32, with its graph."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x

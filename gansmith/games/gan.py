"""The game of two (arXiv:1406.2661, Algorithm 1).

D is moved `d_steps` times to tell real from fake, each time on a fresh batch;
then G is moved once to make D err. Objective, penalty, view and networks are chosen freely.

Departs from the paper in: D is a logit and the losses are stable forms on logits; the
momentum of the paper is an optimiser's matter; real and fake may be seen through a random
differentiable view (arXiv:2006.10738), the same in a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Given, Phase, Program, Terms
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.networks.augment import View, as_is
from gansmith.penalties import Absent, Penalty

UNPENALISED = Absent()


class Generator(Protocol):
    """Codes to examples."""

    latent: Latent

    def __call__(self, z: Tensor) -> Tensor:
        """z (B, latent.dim) -> examples (B, ...)."""
        ...


class GAN(Game):
    """A generator against a discriminator.

    G: codes (B, latent.dim) -> examples; has `latent`.
    D: examples -> logits (B,) or a map; high means real.
    objective: the pair of losses on logits.
    penalty: what keeps D smooth; it joins D's losses.
    view: differentiable augmentation of what D sees.
    d_steps: moves of D for one of G.
    """

    G: Generator

    def __init__(
        self,
        G: Generator,
        D: nn.Module,
        *,
        objective: Objective,
        penalty: Penalty = UNPENALISED,
        view: View = as_is,
        d_steps: int = 1,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.penalty, self.view, self.d_steps = objective, penalty, view, d_steps

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge, repeat=self.d_steps), Phase("G", self.fool)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        x.mix = self.penalty.draw(x.real, rng)
        x.angle = self.view.draw(x.real, rng)
        return x

    def judge(self, x: Batch) -> Terms:
        return self.told_apart(x, self.G(x.z))

    def fool(self, x: Batch) -> Terms:
        return self.fooled(x, self.G(x.z))

    def told_apart(self, x: Batch, fake: Tensor) -> Terms:
        """D's losses on a batch and given fakes."""
        real, fake = self.view(x.real, x.angle), self.view(fake, x.angle)
        return dict(
            adv=self.objective.d(self.D(real), self.D(fake)),
            penalty=self.penalty(self.D, real, fake, x.mix),
        )

    def fooled(self, x: Batch, fake: Tensor) -> Terms:
        """G's losses on given fakes."""
        fake = self.D(self.view(fake, x.angle))
        real = self.D(self.view(x.real, x.angle)) if self.objective.needs_real else None
        return dict(adv=self.objective.g(real, fake))

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, in the shape and range of the data that players see."""
        return self.decode(self.latent.sample(n, rng).to(next(self.D.parameters()).device))

    @property
    def latent(self) -> Latent:
        """The prior over G's codes."""
        return self.G.latent

    def decode(self, codes: Tensor) -> Tensor:
        """The examples of given codes, (n, latent.dim) -> (n, ...)."""
        return in_pieces(self.G, codes)

    def exports(self) -> dict[str, Program]:
        """G, from codes to examples."""
        meaning = f"codes: every coordinate from the prior {self.latent.prior!r}"
        z = Given(torch.zeros(2, self.latent.dim), meaning, self.latent.in_torch(16))
        return {"G": Program(self.get_submodule("G"), {"z": z})}


def in_pieces(network: Callable[[Tensor], Tensor], x: Tensor, piece: int = 256) -> Tensor:
    """A network applied piece by piece, so that memory does not grow with the batch."""
    return torch.cat([network(part) for part in x.split(piece)])

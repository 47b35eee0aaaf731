"""The original GAN (arXiv:1406.2661, Algorithm 1).

D is moved `d_steps` times to discriminate real from fake, each time on a fresh batch;
then G is moved once against D. Objective, penalty, augmentation and networks are chosen freely.

Departs from the paper in: D returns logits and the losses are stable forms on logits; momentum is
up to the optimizer; real and fake may be seen through a random differentiable augmentation
(arXiv:2006.10738), the same for both of a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.latent import Latent
from gansmith.core.protocols import ExportableModule, codes_input
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.networks.augment import Augmentation, no_augmentation
from gansmith.penalties import NoPenalty, Penalty

UNPENALISED = NoPenalty()


class Generator(Protocol):
    """From codes to examples."""

    latent: Latent

    def __call__(self, z: Tensor) -> Tensor:
        """z (B, latent.dim) -> examples (B, ...)."""
        ...


class GAN(Game):
    """A generator against a discriminator.

    G: codes (B, latent.dim) -> examples; has `latent`.
    D: examples -> logits (B,) or a map; high means real.
    objective: the pair of losses on logits.
    penalty: regularizer of D, added to its loss.
    augment: differentiable augmentation of what D sees.
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
        augment: Augmentation = no_augmentation,
        d_steps: int = 1,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.penalty, self.d_steps = objective, penalty, d_steps
        self.augment = augment

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss, repeat=self.d_steps), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        x.penalty_noise = self.penalty.draw(x.real, rng)
        x.augment_noise = self.augment.draw(x.real, rng)
        return x

    def d_loss(self, x: Batch) -> Losses:
        return self.d_terms(x, self.G(x.z))

    def g_loss(self, x: Batch) -> Losses:
        return self.g_terms(x, self.G(x.z))

    def d_terms(self, x: Batch, fake: Tensor) -> Losses:
        """D's terms on a batch and the given fakes."""
        real, fake = self.augment(x.real, x.augment_noise), self.augment(fake, x.augment_noise)
        return dict(
            adv=self.objective.d(self.D(real), self.D(fake)),
            penalty=self.penalty(self.D, real, fake, x.penalty_noise),
        )

    def g_terms(self, x: Batch, fake: Tensor) -> Losses:
        """G's terms on the given fakes."""
        fake = self.D(self.augment(fake, x.augment_noise))
        real = self.D(self.augment(x.real, x.augment_noise)) if self.objective.needs_real else None
        return dict(adv=self.objective.g(real, fake))

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, in the shape and range of the data that players see."""
        return self.decode(self.latent.sample(n, rng).to(next(self.D.parameters()).device))

    @property
    def latent(self) -> Latent:
        """The prior over G's codes."""
        return self.G.latent

    def decode(self, codes: Tensor) -> Tensor:
        """The examples that codes decode to, (n, latent.dim) -> (n, ...)."""
        return in_pieces(self.G, codes)

    def exports(self) -> dict[str, ExportableModule]:
        """G, from codes to examples."""
        z = codes_input(self.latent)
        return {"G": ExportableModule(self.get_submodule("G"), {"z": z})}


def in_pieces(network: Callable[[Tensor], Tensor], x: Tensor, piece: int = 256) -> Tensor:
    """A network applied piece by piece, so that memory does not grow with the batch."""
    return torch.cat([network(part) for part in x.split(piece)])

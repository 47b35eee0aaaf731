"""A GAN with a history of fakes (arXiv:1612.07828, section 2.3).

D discriminates real examples from a mixture: half fresh fakes, half fakes of earlier generators;
each old one that is shown is replaced by a fresh one. G moves as in `GAN`.

Departs from the paper in: the paper's generator refines images, this one decodes codes; which of a
batch are replayed is drawn example by example, so it is half of them on average.
"""

from __future__ import annotations

from torch import nn

from gansmith.core.game import Batch, Losses
from gansmith.core.rng import Rng
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import Objective
from gansmith.networks.image_pool import ImagePool


class HistoryGAN(GAN):
    """A generator against a discriminator that also sees earlier fakes.

    pool: the history of fakes, of the shape that G generates.
    """

    def __init__(
        self, G: Generator, D: nn.Module, *, objective: Objective, pool: ImagePool, d_steps: int = 1
    ) -> None:
        super().__init__(G, D, objective=objective, d_steps=d_steps)
        self.pool = pool

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x = super().draw(x, rng)
        x.swap = rng.uniform(len(x), 2)
        return x

    def d_loss(self, x: Batch) -> Losses:
        return self.d_terms(x, self.pool(self.G(x.z), x.swap))

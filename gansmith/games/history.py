"""The game of two with a memory (arXiv:1612.07828, section 2.3): D also sees fakes of the past.

D tells real examples from a mixture: half fresh fakes, half fakes that earlier generators
made; each old one that is shown is replaced by a fresh one. G moves as ever.

Departs from the paper in: its generator refines pictures, this one makes them of codes; which
of a batch are replayed is drawn example by example, so it is half of them on average.
"""

from __future__ import annotations

from torch import nn

from gansmith.core.game import Batch, Terms
from gansmith.core.rng import Rng
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import Objective
from gansmith.networks.image_pool import Pool


class Replayed(GAN):
    """A generator against a discriminator that does not forget.

    memory: what keeps earlier fakes, of the shape that G makes.
    """

    def __init__(
        self, G: Generator, D: nn.Module, *, objective: Objective, memory: Pool, d_steps: int = 1
    ) -> None:
        super().__init__(G, D, objective=objective, d_steps=d_steps)
        self.memory = memory

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x = super().draw(x, rng)
        x.swap = rng.uniform(len(x), 2)
        return x

    def judge(self, x: Batch) -> Terms:
        return self.told_apart(x, self.memory(self.G(x.z), x.swap))

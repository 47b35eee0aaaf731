"""A GAN that generates one batch of fakes per step (arXiv:1406.2661, Algorithm 1).

G moves first; then D moves on the same fakes. One pass through G is saved in each step.

Departs from the paper in: the two players' codes are not independent, G moves before D, D sees
fakes from before G's move, and there is one move of each.
"""

from __future__ import annotations

from gansmith.core.game import Batch, Losses, Phase
from gansmith.games.gan import GAN


class SharedFakesGAN(GAN):
    """A GAN in which D sees the fakes of the phase of G; `d_steps` is 1."""

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.g_loss), Phase("D", self.d_loss, reuse=True)

    def g_loss(self, x: Batch) -> Losses:
        fake = self.G(x.z)
        x.cache(fake=fake)
        return self.g_terms(x, fake)

    def d_loss(self, x: Batch) -> Losses:
        return self.d_terms(x, x.fake)

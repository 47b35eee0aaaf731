"""The game of two on one batch of fakes a step (arXiv:1406.2661, Algorithm 1).

G moves first, to make D err; then D moves, to tell real examples from the very fakes that G
has just been judged on. One pass through G is saved in each step.

Departs from the paper in: the two players' codes are not independent, G moves before D, D sees
what G made before its move, and there is one move of each.
"""

from __future__ import annotations

from gansmith.core.game import Batch, Phase, Terms
from gansmith.games.gan import GAN


class SharedGAN(GAN):
    """GAN in which G's fakes are kept for D; `d_steps` is 1."""

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.fool), Phase("D", self.judge, reuse=True)

    def fool(self, x: Batch) -> Terms:
        fake = self.G(x.z)
        x.keep(fake=fake)
        return self.fooled(x, fake)

    def judge(self, x: Batch) -> Terms:
        return self.told_apart(x, x.fake)

"""The single-step method of f-GAN (arXiv:1606.00709, Algorithm 1): both players move at once.

One value F = E_p[T] - E_q[f*(T)], one batch, one pass forward and one back: D goes up its
slope and G down, from where both stand.

Departs from the paper in: any optimiser may make the step; the objective may be another one, of
which G then plays the zero-sum form.
"""

from __future__ import annotations

from torch import nn

from gansmith.core.game import Batch, Phase, Terms
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import Objective
from gansmith.networks.gradient_reversal import reverse


class SingleStep(GAN):
    """GAN in one phase: minus F is D's loss, and through a reversed gradient F is G's."""

    def __init__(self, G: Generator, D: nn.Module, *, objective: Objective) -> None:
        super().__init__(G, D, objective=objective)

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D G", self.play_at_once),)

    def play_at_once(self, x: Batch) -> Terms:
        return self.told_apart(x, reverse(self.G(x.z)))

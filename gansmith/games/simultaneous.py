"""The single-step method of f-GAN (arXiv:1606.00709, Algorithm 1): both players move at once.

One value F = E_p[T] - E_q[f*(T)], one batch, one forward and one backward pass: D ascends F and G
descends it, both from the current parameters.

Departs from the paper in: any optimizer may take the step; the objective may be another one, of
which G then plays the zero-sum form.
"""

from __future__ import annotations

from torch import nn

from gansmith.core.game import Batch, Losses, Phase
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import Objective
from gansmith.networks.gradient_reversal import reverse_gradient


class SingleStepGAN(GAN):
    """A GAN of one phase: minus F is D's loss, and through a reversed gradient F is G's."""

    def __init__(self, G: Generator, D: nn.Module, *, objective: Objective) -> None:
        super().__init__(G, D, objective=objective)

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("D G", self.d_loss, name="D"),)

    def d_loss(self, x: Batch) -> Losses:
        return self.d_terms(x, reverse_gradient(self.G(x.z)))

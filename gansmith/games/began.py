"""BEGAN (arXiv:1703.10717, section 3.4): an auto-encoder D, kept in balance with G.

D lowers the error L of its copies of real examples and raises k times that of fakes; G lowers
that of its fakes. k rises when fakes are copied too well against real examples, and falls when
not, so that E[L(fake)] / E[L(real)] is held at gamma.

Departs from the paper in: D returns -L, so that high is real; G moves after D and on other
fakes, and k follows the errors in D's move, where both are of one D.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.game import Batch, Phase, Terms
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.autoencoder import CopyingDiscriminator


class BEGAN(GAN):
    """A generator against an auto-encoder, and a balance between them.

    D: examples -> logits (B,), minus the mean absolute errors L of its copies.
    gamma: E[L(fake)] / E[L(real)] at the balance; low is clear, high is diverse.
    rate: of k (the paper's lambda_k).
    k: weight of the fakes in D's loss, in [0, 1]; a buffer that starts at 0.
    measure: L(real) + |gamma L(real) - L(fake)| of the latest move of D, low when converged.
    Raises ValueError for a gamma outside (0, 1].
    """

    k: Tensor
    measure: Tensor

    def __init__(
        self, G: Generator, D: CopyingDiscriminator, *, gamma: float = 0.5, rate: float = 1e-3
    ) -> None:
        super().__init__(G, D, objective=OBJECTIVES["wasserstein"])
        if not 0 < gamma <= 1:
            raise ValueError(f"the ratio of the errors is held at a gamma in (0, 1]; got {gamma}")
        self.gamma, self.rate = gamma, rate
        self.register_buffer("k", torch.tensor(0.0))
        self.register_buffer("measure", torch.tensor(0.0))

    def judge(self, x: Batch) -> Terms:
        """L(real) - k L(fake)."""
        real, fake = -self.D(x.real).mean(), -self.D(self.G(x.z)).mean()
        x.note(real=real, fake=fake, k=self.k)
        return dict(adv=real - self.k * fake)

    def fool(self, x: Batch) -> Terms:
        """L(fake)."""
        x.note(measure=self.measure)
        return super().fool(x)

    def after(self, phase: Phase, notes: dict[str, float]) -> None:
        if phase.name == "judge":
            gap = self.gamma * notes["real"] - notes["fake"]
            self.k.add_(self.rate * gap).clamp_(0, 1)
            self.measure.fill_(notes["real"] + abs(gap))

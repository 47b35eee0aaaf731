"""BEGAN (arXiv:1703.10717, section 3.4): an auto-encoder D, kept in balance with G.

D minimizes the reconstruction error L of real examples minus k times that of generated ones; G
minimizes the error of generated ones. k grows when the error of generated examples is too small
against that of real ones and falls otherwise, so that E[L(fake)] / E[L(real)] is held at gamma.

Departs from the paper in: D returns -L, so that high is real; G moves after D and on other
fakes, and k follows the errors in D's move, where both are of the same D.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.game import Batch, Losses, Phase
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.autoencoder import AutoencoderDiscriminator


class BEGAN(GAN):
    """A generator against an auto-encoder, and a balance between them.

    D: examples -> logits (B,), minus the mean absolute reconstruction errors L.
    gamma: E[L(fake)] / E[L(real)] at the balance; a low value favours quality, a high one
        diversity.
    lambda_k: step size of k.
    k: weight of the fakes in D's loss, in [0, 1]; a buffer that starts at 0.
    measure: L(real) + |gamma L(real) - L(fake)| of the latest move of D, low when converged.
    Raises ValueError for a gamma outside (0, 1].
    """

    k: Tensor
    measure: Tensor

    def __init__(
        self,
        G: Generator,
        D: AutoencoderDiscriminator,
        *,
        gamma: float = 0.5,
        lambda_k: float = 1e-3,
    ) -> None:
        super().__init__(G, D, objective=OBJECTIVES["wasserstein"])
        if not 0 < gamma <= 1:
            raise ValueError(f"the ratio of the errors is held at a gamma in (0, 1]; got {gamma}")
        self.gamma, self.lambda_k = gamma, lambda_k
        self.register_buffer("k", torch.tensor(0.0))
        self.register_buffer("measure", torch.tensor(0.0))

    def d_loss(self, x: Batch) -> Losses:
        """L(real) - k L(fake)."""
        real, fake = -self.D(x.real).mean(), -self.D(self.G(x.z)).mean()
        x.note(real=real, fake=fake, k=self.k)
        return dict(adv=real - self.k * fake)

    def g_loss(self, x: Batch) -> Losses:
        """L(fake)."""
        x.note(measure=self.measure)
        return super().g_loss(x)

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        if phase.name == "D":
            gap = self.gamma * notes["real"] - notes["fake"]
            self.k.add_(self.lambda_k * gap).clamp_(0, 1)
            self.measure.fill_(notes["real"] + abs(gap))

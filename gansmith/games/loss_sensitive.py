"""Loss-sensitive GAN (arXiv:1701.06264): the margin grows with the distance between real and fake.

D gives each example a loss L, low when real. The loss of a fake should exceed that of its real
partner by a margin, their distance; no more is gained beyond it. G lowers the L of its fakes.

Departs from the paper in: L = -log sigmoid(logit), which is positive as the paper requires and
keeps D high for real (the authors end D in a rectifier); partners are the examples at the same
place in the batch; no weight decay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Losses
from gansmith.core.precision import upcast
from gansmith.games.gan import GAN, Generator
from gansmith.losses.objectives import OBJECTIVES


@dataclass(frozen=True)
class MeanL1:
    """scale * mean |x - y| over all coordinates of an example, (B, ...) -> (B,)."""

    scale: float = 1.0

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return self.scale * (upcast(x) - upcast(y)).abs().flatten(1).mean(1)


class LossSensitiveGAN(GAN):
    """A generator against a D that separates real from fake by as much as they differ.

    distance: the margin of pairs (B, ...), (B, ...) -> (B,), not negative (the paper's Delta).
    margin_weight: weight of the margins beside the losses of real examples (the paper's lambda).
        While no margin is met, L rises only where q > (1 + 1 / margin_weight) p: a small weight
        tolerates too many fakes.
    """

    def __init__(
        self,
        G: Generator,
        D: nn.Module,
        *,
        distance: Callable[[Tensor, Tensor], Tensor],
        margin_weight: float = 1.0,
        d_steps: int = 1,
    ) -> None:
        super().__init__(G, D, objective=OBJECTIVES["non-saturating"], d_steps=d_steps)
        self.distance, self.margin_weight = distance, margin_weight

    def d_terms(self, x: Batch, fake: Tensor) -> Losses:
        """E[L(x)], and margin_weight * E[max(0, Delta(x, G(z)) + L(x) - L(G(z)))]."""
        real_loss, fake_loss = self.loss(self.D(x.real)), self.loss(self.D(fake))
        beyond = F.relu(self.distance(x.real, fake) + real_loss - fake_loss)
        return dict(real=real_loss.mean(), margin=self.margin_weight * beyond.mean())

    @staticmethod
    def loss(logit: Tensor) -> Tensor:
        """L = -log sigmoid(logit), not negative; G's objective is its mean over fakes."""
        return F.softplus(-upcast(logit))

"""Loss-sensitive GAN (arXiv:1701.06264): a fake near the data needs no harsh word.

D gives each example a loss L, low when real; a fake should have more than its real partner by
a margin, their distance, and what it has beyond that counts for nothing. G lowers its fakes' L.

Departs from the paper in: L = -log sigmoid(logit), which is positive as the paper wants it and
keeps D high for real (the authors end D in a rectifier); partners are the examples of one place
in the batch; no weight decay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Terms
from gansmith.games.gan import GAN, Generator
from gansmith.losses.fdivergence import upcast
from gansmith.losses.objectives import OBJECTIVES


@dataclass(frozen=True)
class MeanL1:
    """scale * mean |x - y| over all coordinates of an example, (B, ...) -> (B,)."""

    scale: float = 1.0

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        return self.scale * (upcast(x) - upcast(y)).abs().flatten(1).mean(1)


class LossSensitive(GAN):
    """A generator against a D that separates real from fake by as much as they differ.

    distance: the margin of pairs (B, ...), (B, ...) -> (B,), not negative (the paper's Delta).
    weight: of the margins beside the losses of real examples (the paper's lambda). While no
        margin is met, L rises only where q > (1 + 1 / weight) p: a small weight forgives too much.
    """

    def __init__(
        self,
        G: Generator,
        D: nn.Module,
        *,
        distance: Callable[[Tensor, Tensor], Tensor],
        weight: float = 1.0,
        d_steps: int = 1,
    ) -> None:
        super().__init__(G, D, objective=OBJECTIVES["non-saturating"], d_steps=d_steps)
        self.distance, self.weight = distance, weight

    def told_apart(self, x: Batch, fake: Tensor) -> Terms:
        """E[L(x)], and weight * E[max(0, Delta(x, G(z)) + L(x) - L(G(z)))]."""
        real_loss, fake_loss = self.loss(self.D(x.real)), self.loss(self.D(fake))
        beyond = F.relu(self.distance(x.real, fake) + real_loss - fake_loss)
        return dict(real=real_loss.mean(), margin=self.weight * beyond.mean())

    @staticmethod
    def loss(logit: Tensor) -> Tensor:
        """L = -log sigmoid(logit), not negative; G's objective is its mean over fakes."""
        return F.softplus(-upcast(logit))

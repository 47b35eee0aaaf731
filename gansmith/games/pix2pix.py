"""pix2pix (arXiv:1611.07004, Eq. 4): pictures from pictures, taught by pairs.

G answers a picture with a picture; D sees both and tells true pairs from G's; G is also held near
the true answer by an absolute difference, which gets the coarse things right and leaves D to judge
the fine ones.

Departs from the paper in: any objective; a perceptual distance (arXiv:1603.08155) may join; the
noise, which is the U-Net's dropout, is drawn for whole channels.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import answered
from gansmith.losses.objectives import Objective
from gansmith.losses.perceptual import Distance, unseen


class Pix2Pix(Game):
    """A generator of answers against a discriminator of pairs.

    G: noise (B, latent.dim), given pictures -> pictures; has `latent`.
    D: pictures, given pictures -> logits (B,) or a map.
    l1: weight of the absolute difference to the true answer (the paper's lambda).
    perceptual: weight of the distance `sight` to the true answer.
    """

    asked = "given"

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        l1: float = 100.0,
        perceptual: float = 0.0,
        sight: Distance = unseen,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.l1, self.perceptual, self.sight = objective, l1, perceptual, sight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.answer_and_fool), Phase("D", self.judge, reuse=True)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def answer_and_fool(self, x: Batch) -> Terms:
        fake = self.G(x.z, x.given)
        x.keep(fake=fake)
        real = self.D(x.real, x.given) if self.objective.needs_real else None
        terms = dict(
            adv=self.objective.g(real, self.D(fake, x.given)),
            l1=self.l1 * F.l1_loss(fake, x.real),
        )
        if self.perceptual:
            terms["perceptual"] = self.perceptual * self.sight(fake, x.real)
        return terms

    def judge(self, x: Batch) -> Terms:
        """Halved, as in section 3.3, to slow D down."""
        real, fake = self.D(x.real, x.given), self.D(x.fake, x.given)
        return dict(adv=0.5 * self.objective.d(real, fake))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """An answer to each of the pictures (n, C, H, W), which may be of another size."""
        return answered(self.G, given, rng, piece=64)

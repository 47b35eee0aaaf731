"""Images from sounds (arXiv:1808.04108): a conditional GAN with an auxiliary classifier.

G generates an image from a sound; D scores image and sound together and also classifies the image,
real or generated, which teaches G what the sounds of a class have in common.

Departs from the paper in: the sound encoder is trained with the players, from scratch; any
objective.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import d_terms, export_generator, mismatched, sample_conditional
from gansmith.losses.objectives import Objective


class SoundToImage(Game):
    """A generator conditioned on sounds, against a conditional discriminator with a classifier.

    G: codes (B, latent.dim), sounds -> images; has `latent`.
    D: `features` of images, then `logits` (B,) of features and sounds, and `classify` of features
    -> class logits (B, K).
    aux_weight: weight of the classification loss.
    """

    condition_field = "condition"

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        aux_weight: float = 1.0,
        real_weight: float = 1.0,
        mismatch_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.aux_weight = objective, aux_weight
        self.real_weight, self.mismatch_weight = real_weight, mismatch_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        if self.mismatch_weight:
            x.mismatched = x.condition[mismatched(x.condition, rng)]
        return x

    def d_loss(self, x: Batch) -> Losses:
        real, fake = self.D.features(x.real), self.D.features(self.G(x.z, x.condition))
        right, made = self.D.logits(real, x.condition), self.D.logits(fake, x.condition)
        negatives = {}
        if self.mismatch_weight:
            negatives["mismatch"] = self.mismatch_weight, self.D.logits(real, x.mismatched)
        terms = d_terms(self.objective, right, made, negatives, self.real_weight)
        aux = F.cross_entropy(self.D.class_logits(real), x.label)
        aux = aux + F.cross_entropy(self.D.class_logits(fake), x.label)
        return dict(**terms, aux=self.aux_weight * aux)

    def g_loss(self, x: Batch) -> Losses:
        real = self.D(x.real, x.condition) if self.objective.needs_real else None
        fake = self.D.features(self.G(x.z, x.condition))
        adv = self.objective.g(real, self.D.logits(fake, x.condition))
        return dict(
            adv=adv, aux=self.aux_weight * F.cross_entropy(self.D.class_logits(fake), x.label)
        )

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """An image for each of the sounds (n, 1, bands, frames), in the range that players see."""
        return sample_conditional(self.G, conditions, rng)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)

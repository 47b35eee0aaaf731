"""pix2pix (arXiv:1611.07004, Eq. 4): paired image-to-image translation.

G translates an input image; D sees input and output together and discriminates true pairs from
generated ones. An L1 loss to the true output gets the coarse structure right and leaves the fine
detail to D.

Departs from the paper in: any objective; a perceptual distance (arXiv:1603.08155) may be added; the
noise, which is the U-Net's dropout, is drawn for whole channels.
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
from gansmith.losses.perceptual import ImageDistance, zero_distance


class Pix2Pix(Game):
    """A conditional generator of images against a discriminator of pairs.

    G: noise (B, latent.dim), input images -> images; has `latent`.
    D: images, input images -> logits (B,) or a map.
    l1_weight: weight of the L1 distance to the true output (the paper's lambda).
    perceptual_weight: weight of the distance `perceptual` to the true output.
    mismatch_weight: weight of real outputs with another input as negatives of D; 0 omits the term.
    """

    condition_field = "condition"
    d_weight = 0.5  # of D's loss

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        l1_weight: float = 100.0,
        perceptual_weight: float = 0.0,
        perceptual: ImageDistance = zero_distance,
        mismatch_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.l1_weight = objective, l1_weight
        self.perceptual_weight, self.perceptual = perceptual_weight, perceptual
        self.mismatch_weight = mismatch_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("G", self.g_loss), Phase("D", self.d_loss, reuse=True)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        if self.mismatch_weight:
            x.mismatched = x.condition[mismatched(x.condition, rng)]
        return x

    def g_loss(self, x: Batch) -> Losses:
        fake = self.G(x.z, x.condition)
        x.cache(fake=fake)
        real = self.D(x.real, x.condition) if self.objective.needs_real else None
        terms = dict(
            adv=self.objective.g(real, self.D(fake, x.condition)),
            l1=self.l1_weight * F.l1_loss(fake, x.real),
        )
        if self.perceptual_weight:
            terms["perceptual"] = self.perceptual_weight * self.perceptual(fake, x.real)
        return terms

    def d_loss(self, x: Batch) -> Losses:
        """Halved, as in section 3.3, to slow D down."""
        real, fake = self.D(x.real, x.condition), self.D(x.fake, x.condition)
        negatives = {}
        if self.mismatch_weight:
            negatives["mismatch"] = self.mismatch_weight, self.D(x.real, x.mismatched)
        terms = d_terms(self.objective, real, fake, negatives)
        return {name: self.d_weight * term for name, term in terms.items()}

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """An output for each of the images (n, C, H, W), which may be of another size."""
        return sample_conditional(self.G, conditions, rng, piece=64)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)

"""ACGAN (arXiv:1610.09585, Eq. 2 and 3): an auxiliary classifier in the discriminator.

D predicts whether an image is real and which class it shows; it is not given the class. G is
trained to generate images that D takes for real and classifies as the class they were generated
for.

Departs from the paper in: D's classifier is trained on real images alone. If it were also trained
on generated ones, D and G could agree on marks of a class that no real image has.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import export_generator, sample_conditional
from gansmith.losses.objectives import Objective


class ACGAN(Game):
    """A class-conditional generator against a discriminator with an auxiliary classifier.

    G: codes (B, latent.dim), classes (B,) -> images; has `latent`.
    D: images -> Scores, logits (B,) and class logits (B, K).
    aux_weight: weight of the classification loss.
    """

    condition_field = "label"

    def __init__(self, G: Any, D: Any, *, objective: Objective, aux_weight: float = 1.0) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.aux_weight = objective, aux_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def d_loss(self, x: Batch) -> Losses:
        real, fake = self.D(x.real), self.D(self.G(x.z, x.label))
        aux = F.cross_entropy(real.match, x.label)
        return dict(adv=self.objective.d(real.real, fake.real), aux=self.aux_weight * aux)

    def g_loss(self, x: Batch) -> Losses:
        fake = self.D(self.G(x.z, x.label))
        aux = F.cross_entropy(fake.match, x.label)
        return dict(adv=self.objective.g(None, fake.real), aux=self.aux_weight * aux)

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """An image for each of the classes (n,), in the range that players see."""
        return sample_conditional(self.G, conditions, rng)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)

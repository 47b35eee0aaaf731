"""StackGAN (arXiv:1612.03242): a small image in the first stage, a large one from it in the second.

In stage I, G1 generates a small image from a code and a condition, against D1; in stage II, G2
generates a large image from G1's output and the same condition, against D2, while G1 and D1 are
frozen. Both stages are conditional GANs with mismatched conditions among the negatives (GAN-CLS).

Departs from the paper in: no conditioning augmentation (Eq. 2): the condition's vector is not
sampled from a Gaussian around it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase, Stage
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import d_terms, export_generator, mismatched
from gansmith.losses.objectives import Objective


class StackGAN(Game):
    """Two conditional GANs, trained one after the other.

    G1: codes (B, latent.dim), conditions -> small images. D1: their discriminator.
    G2: small images, conditions -> large images. D2: their discriminator.
    small_steps: length of stage I.
    mismatch_weight: weight of real images with a mismatched condition as negatives.
    """

    averaged = ("G2",)  # G2 learns from G1 as it is: an average of G1 would be another G1
    second_stage: Tensor

    def __init__(
        self,
        G1: Any,
        D1: Any,
        G2: Any,
        D2: Any,
        *,
        objective: Objective,
        condition_field: str,
        small_steps: int,
        real_weight: float = 1.0,
        mismatch_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.G1, self.D1, self.G2, self.D2 = G1, D1, G2, D2
        self.objective, self.condition_field = objective, condition_field
        self.real_weight, self.mismatch_weight = real_weight, mismatch_weight
        self.small_steps = small_steps
        self.register_buffer("second_stage", torch.zeros(()))

    def stages(self) -> tuple[Stage, ...]:
        small = Phase("D1", self.d1_loss), Phase("G1", self.g1_loss)
        large = Phase("D2", self.d2_loss), Phase("G2", self.g2_loss)
        return Stage(self.small_steps, small), Stage(None, large)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.c = getattr(x, self.condition_field)
        x.z = self.G1.latent.sample(len(x), rng)
        x.mismatched = x.c[mismatched(x.c, rng)]
        return x

    def d1_loss(self, x: Batch) -> Losses:
        fake = self.G1(x.z, x.c)
        return self._d_terms(self.D1, F.adaptive_avg_pool2d(x.real, fake.shape[-1]), fake, x)

    def g1_loss(self, x: Batch) -> Losses:
        return dict(adv=self.objective.g(None, self.D1(self.G1(x.z, x.c), x.c)))

    def d2_loss(self, x: Batch) -> Losses:
        return self._d_terms(self.D2, x.real, self._large(x.z, x.c), x)

    def g2_loss(self, x: Batch) -> Losses:
        return dict(adv=self.objective.g(None, self.D2(self._large(x.z, x.c), x.c)))

    def _large(self, z: Tensor, c: Tensor) -> Tensor:
        return self.G2(self.G1(z, c), c)

    def _d_terms(self, D: Any, real: Tensor, fake: Tensor, x: Batch) -> Losses:
        seen = D.features(real)
        right = D.logits(seen, x.c)
        negatives = {}
        if self.mismatch_weight:
            negatives["mismatch"] = self.mismatch_weight, D.logits(seen, x.mismatched)
        return d_terms(self.objective, right, D(fake, x.c), negatives, self.real_weight)

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        self.second_stage.fill_(phase.name in ("D2", "G2"))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """A large image for each of the conditions; during stage I, that of G1, upsampled."""
        codes = self.G1.latent.sample(len(conditions), rng).to(conditions.device)
        made = [
            self._large(z, c) if self.second_stage else self.G2.upsampled(self.G1(z, c))
            for z, c in zip(codes.split(256), conditions.split(256), strict=True)
        ]
        return torch.cat(made)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """Both generators in one, from codes and conditions; during stage I, G1 and upsampling."""
        return export_generator(_BothStages(self.G1, self.G2, bool(self.second_stage)), given)


class _BothStages(nn.Module):
    """Codes and conditions to large images."""

    def __init__(self, G1: Any, G2: Any, second: bool) -> None:
        super().__init__()
        self.G1, self.G2, self.second, self.latent = G1, G2, second, G1.latent

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        small = self.G1(z, c)
        return self.G2(small, c) if self.second else self.G2.upsampled(small)

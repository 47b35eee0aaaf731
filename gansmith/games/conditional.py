"""The conditional GAN (arXiv:1411.1784, Eq. 2; arXiv:1605.05396, Algorithm 1).

G is conditioned on c beside its code; D sees pairs (x, c) and is trained to accept only real images
with their own condition. Beside generated images, two further kinds of negative pairs may be used:
real images with a mismatched condition (GAN-CLS), and generated images with a condition other than
the one they were generated from.

Departs from the paper in: D's losses are those of any objective, on stable logits; mismatched
conditions come from the same batch and always differ from the right one, if the batch has another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective, Separable
from gansmith.networks.augment import Augmentation, no_augmentation


class ConditionalGAN(Game):
    """A conditional generator against a conditional discriminator.

    G: codes (B, latent.dim), conditions -> images; has `latent`.
    D: `features` of images, then `logits` (B,) of features and conditions.
    condition_field: the field of the batch that holds the conditions.
    real_weight: weight of real images with their own condition in D's loss.
    mismatch_weight: weight of real images with a mismatched condition as negatives (GAN-CLS); 0
        omits the term.
    fake_mismatch_weight: weight of generated images with a mismatched condition; 0 omits the term.
    d_steps: moves of D for one of G.
    augment: differentiable augmentation of what D sees.
    """

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        condition_field: str = "label",
        real_weight: float = 1.0,
        mismatch_weight: float = 0.0,
        fake_mismatch_weight: float = 0.0,
        d_steps: int = 1,
        augment: Augmentation = no_augmentation,
    ) -> None:
        super().__init__()
        self.G, self.D, self.augment = G, D, augment
        self.objective, self.condition_field = objective, condition_field
        self.real_weight, self.d_steps = real_weight, d_steps
        self.mismatch_weight, self.fake_mismatch_weight = mismatch_weight, fake_mismatch_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss, repeat=self.d_steps), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.c = getattr(x, self.condition_field)
        x.z = self.G.latent.sample(len(x), rng)
        x.augment_noise = self.augment.draw(x.real, rng)
        if self.mismatch_weight or self.fake_mismatch_weight:
            x.mismatched = x.c[mismatched(x.c, rng)]
        return x

    def d_loss(self, x: Batch) -> Losses:
        real = self.D.features(self.augment(x.real, x.augment_noise))
        fake = self.D.features(self.augment(self.G(x.z, x.c), x.augment_noise))
        right, made = self.D.logits(real, x.c), self.D.logits(fake, x.c)
        negatives = {}
        if self.mismatch_weight:
            negatives["mismatch"] = self.mismatch_weight, self.D.logits(real, x.mismatched)
        if self.fake_mismatch_weight:
            negatives["fake_mismatch"] = (
                self.fake_mismatch_weight,
                self.D.logits(fake, x.mismatched),
            )
        return d_terms(self.objective, right, made, negatives, self.real_weight)

    def g_loss(self, x: Batch) -> Losses:
        fake = self.D(self.augment(self.G(x.z, x.c), x.augment_noise), x.c)
        real = (
            self.D(self.augment(x.real, x.augment_noise), x.c)
            if self.objective.needs_real
            else None
        )
        return dict(adv=self.objective.g(real, fake))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """An image for each of the conditions (n, ...), in the range that players see."""
        return sample_conditional(self.G, conditions, rng)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)


def sample_conditional(G: Any, conditions: Tensor, rng: Rng, piece: int = 256) -> Tensor:
    """Samples of a conditional generator from fresh codes, (n, ...), in pieces to save memory."""
    codes = G.latent.sample(len(conditions), rng).to(conditions.device)
    pairs = zip(codes.split(piece), conditions.split(piece), strict=True)
    return torch.cat([G(z, c) for z, c in pairs])


class WithoutCode(nn.Module):
    """A conditional generator that uses no code: conditions -> examples."""

    def __init__(self, G: Any) -> None:
        super().__init__()
        self.G = G

    def forward(self, c: Tensor) -> Tensor:
        return self.G(torch.zeros(c.shape[0], self.G.latent.dim), c)


@torch.no_grad()
def export_generator(G: Any, given: ExportInput) -> dict[str, ExportableModule]:
    """A conditional generator for export, from codes and conditions; where the code is one number
    that changes nothing, from conditions alone.
    """
    latent, c = G.latent, given.example
    made = [G.eval()(latent.sample(len(c), Rng(seed)), c) for seed in (0, 1)]
    if latent.dim == 1 and made[0].equal(made[1]):
        return {"G": ExportableModule(WithoutCode(G), {"c": given})}
    meaning = f"codes: every coordinate from the prior {latent.prior!r}"
    z = ExportInput(torch.zeros(len(c), latent.dim), meaning, latent.torch_expression(16))
    return {"G": ExportableModule(G, {"z": z, "c": given})}


def d_terms(
    objective: Objective,
    right: Tensor,
    fake: Tensor,
    negatives: Mapping[str, tuple[float, Tensor]],
    real_weight: float = 1.0,
) -> Losses:
    """D's losses on logits: real pairs, generated ones, and further kinds of negatives by weight.

    adv = real_weight * real_loss(right) + fake_loss(fake),  name = weight * fake_loss(logits).
    With weights of 1 each kind counts once; with real_weight 2 and one further kind, real pairs
    count as much as both together, as in GAN-CLS. Raises ValueError where weights are given to an
    objective whose d is no such sum.
    """
    if not negatives and real_weight == 1:
        return dict(adv=objective.d(right, fake))
    if not isinstance(objective, Separable):
        raise ValueError(
            f"{type(objective).__name__} compares real and fake logits in pairs: it takes no "
            "weights for further kinds of negatives"
        )
    terms = {name: w * objective.fake_loss(logits) for name, (w, logits) in negatives.items()}
    return dict(adv=real_weight * objective.real_loss(right) + objective.fake_loss(fake), **terms)


def mismatched(conditions: Tensor, rng: Rng) -> Tensor:
    """For each row the index of another row with a different condition, drawn uniformly, (B,).

    A row whose condition all rows share gets any index: such a batch has no mismatched condition.
    """
    rows = conditions.reshape(len(conditions), -1)
    same = (rows[:, None] == rows[None]).all(2)
    return rng.uniform(*same.shape).masked_fill(same, -1).argmax(1)

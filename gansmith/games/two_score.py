"""A conditional GAN whose D scores realism and match separately (arXiv:1710.10916, section 4.2).

One score of D says whether an image is real, without the condition; the other whether it matches
the condition. A real image with a mismatched condition is real but no match; a generated one is
neither. So G learns separately from poor images and from mismatches.

Departs from the paper in: real images with a mismatched condition are negatives of the match too,
as in GAN-CLS; one size of image; the two scores share all layers but the last.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import d_terms, export_generator, mismatched, sample_conditional
from gansmith.losses.objectives import Objective


class TwoScoreGAN(Game):
    """A conditional generator against one score of realism and one of the match.

    G: codes (B, latent.dim), conditions -> images; has `latent`.
    D: `features`, then `real_logits` of features, and `logits` of features and conditions,
        (B,) each.
    condition_field: the field of the batch that holds the conditions.
    real_weight, mismatch_weight: as in `ConditionalGAN`, of the score of the match.
    match_weight: weight of the second score.
    """

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        condition_field: str = "label",
        match_weight: float = 1.0,
        real_weight: float = 1.0,
        mismatch_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.condition_field = objective, condition_field
        self.match_weight = match_weight
        self.real_weight, self.mismatch_weight = real_weight, mismatch_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.c = getattr(x, self.condition_field)
        x.z = self.G.latent.sample(len(x), rng)
        x.mismatched = x.c[mismatched(x.c, rng)]
        return x

    def d_loss(self, x: Batch) -> Losses:
        real, fake = self.D.features(x.real), self.D.features(self.G(x.z, x.c))
        match, mismatch, fake_match = (
            self.D.logits(seen, c) for seen, c in ((real, x.c), (real, x.mismatched), (fake, x.c))
        )
        negatives = {"mismatch": (self.mismatch_weight, mismatch)} if self.mismatch_weight else {}
        terms = d_terms(self.objective, match, fake_match, negatives, self.real_weight)
        return dict(
            adv=self.objective.d(self.D.real_logits(real), self.D.real_logits(fake)),
            match=self.match_weight * sum(terms.values(), fake_match.new_zeros(())),
        )

    def g_loss(self, x: Batch) -> Losses:
        fake = self.D(self.G(x.z, x.c), x.c)
        return dict(
            adv=self.objective.g(None, fake.real),
            match=self.match_weight * self.objective.g(None, fake.match),
        )

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """An image for each of the conditions (n, ...), in the range that players see."""
        return sample_conditional(self.G, conditions, rng)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)

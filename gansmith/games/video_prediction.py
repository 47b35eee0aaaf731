"""Video prediction: the next frame of a clip (arXiv:1511.05440, Eq. 5 to 7, Algorithm 1).

G predicts the next frame from the past frames; D sees past and next frame together and
discriminates true ones from G's. G is also held near the true frame, |G - x|_p^p, and its edges
near the true edges. Where a past has two possible futures, the distances alone lead to a blend of
both; D asks for one of them.

Departs from the paper in: G has a code, which may select one of several futures; D has one scale;
any objective; distances are means over the pixels, not sums.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import d_terms, export_generator, mismatched, sample_conditional
from gansmith.losses.objectives import Objective
from gansmith.losses.pixel import gradient_difference, lp_distance


class VideoPredictionGAN(Game):
    """A generator of next frames against a discriminator of clips.

    G: codes (B, latent.dim), past frames (B, frames C, H, W) -> frames (B, C, H, W); has `latent`.
    D: frames, past frames -> logits (B,) or a map.
    p: exponent of the distance to the true frame; lp_weight: its weight.
    gdl_weight: weight of the gradient difference loss.
    mismatch_weight: weight of real frames with the past of another clip as negatives of D; 0
        omits the term.
    """

    condition_field = "condition"

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        p: int,
        lp_weight: float,
        gdl_weight: float,
        mismatch_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.p = objective, p
        self.lp_weight, self.gdl_weight = lp_weight, gdl_weight
        self.mismatch_weight = mismatch_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        if self.mismatch_weight:
            x.mismatched = x.condition[mismatched(x.condition, rng)]
        return x

    def d_loss(self, x: Batch) -> Losses:
        fake = self.D(self.G(x.z, x.condition), x.condition)
        negatives = {}
        if self.mismatch_weight:
            negatives["mismatch"] = self.mismatch_weight, self.D(x.real, x.mismatched)
        return d_terms(self.objective, self.D(x.real, x.condition), fake, negatives)

    def g_loss(self, x: Batch) -> Losses:
        fake = self.G(x.z, x.condition)
        real = self.D(x.real, x.condition) if self.objective.needs_real else None
        terms = dict(
            adv=self.objective.g(real, self.D(fake, x.condition)),
            lp=self.lp_weight * lp_distance(fake, x.real, self.p),
        )
        if self.gdl_weight:
            terms["gdl"] = self.gdl_weight * gradient_difference(fake, x.real)
        return terms

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """The next frame of each past (n, frames C, H, W), which may be of another size."""
        return sample_conditional(self.G, conditions, rng, piece=64)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """G, from codes and conditions."""
        return export_generator(self.G, given)

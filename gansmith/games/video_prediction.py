"""The next frame of a clip, judged with its past (arXiv:1511.05440, Eq. 5 to 7, Algorithm 1).

G continues a clip by one frame; D sees past and frame together and tells true ones from G's. G is
also held near the true frame, |G - x|_p^p, and its edges near the true edges. Where the past has
two futures, the distances alone ask for both at once; D asks for one.

Departs from the paper in: G has a code, which may choose among futures; D judges at one scale; any
objective; distances are means over the pixels, not sums.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import answered
from gansmith.losses.objectives import Objective
from gansmith.losses.pixel import gradient_difference, power


class NextFrame(Game):
    """A generator that continues clips against a discriminator of continued clips.

    G: codes (B, latent.dim), past frames (B, frames C, H, W) -> frames (B, C, H, W); has `latent`.
    D: frames, past frames -> logits (B,) or a map.
    p: of the distance to the true frame; lp: its weight.
    gradient: weight of the gradient difference loss.
    """

    asked = "given"

    def __init__(
        self, G: Any, D: Any, *, objective: Objective, p: int, lp: float, gradient: float
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.p, self.lp, self.gradient = objective, p, lp, gradient

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge), Phase("G", self.go_on)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def judge(self, x: Batch) -> Terms:
        fake = self.D(self.G(x.z, x.given), x.given)
        return dict(adv=self.objective.d(self.D(x.real, x.given), fake))

    def go_on(self, x: Batch) -> Terms:
        fake = self.G(x.z, x.given)
        real = self.D(x.real, x.given) if self.objective.needs_real else None
        terms = dict(
            adv=self.objective.g(real, self.D(fake, x.given)),
            lp=self.lp * power(fake, x.real, self.p),
        )
        if self.gradient:
            terms["gradient"] = self.gradient * gradient_difference(fake, x.real)
        return terms

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """The next frame of each past (n, frames C, H, W), which may be of another size."""
        return answered(self.G, given, rng, piece=64)

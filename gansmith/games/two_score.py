"""The conditional game with two scores: real, and as asked (arXiv:1710.10916, section 4.2).

D says of a picture whether it is real, without being told what was asked, and whether it is what
was asked. A real picture with a wrong condition is real, and no match; G's picture is neither. So
D's fault is named: a poor picture, or the wrong one.

Departs from the paper in: real pictures with a wrong condition are lies of the match too, as in
GAN-CLS; one size of picture; the two scores share all layers but the last.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import answered, others
from gansmith.losses.objectives import Objective


class SplitConditional(Game):
    """A generator that is asked, against one score of realism and one of the match.

    G: codes (B, latent.dim), conditions -> pictures; has `latent`.
    D: `see`, then `realism` of what was seen, and `score` given conditions -> logits (B,) each.
    asked: the field of the batch that holds the conditions.
    match: weight of the second score.
    """

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        asked: str = "label",
        match: float = 1.0,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.asked, self.match = objective, asked, match

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge), Phase("G", self.fool)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.c = getattr(x, self.asked)
        x.z = self.G.latent.sample(len(x), rng)
        x.wrong = x.c[others(x.c, rng)]
        return x

    def judge(self, x: Batch) -> Terms:
        real, fake = self.D.see(x.real), self.D.see(self.G(x.z, x.c))
        right, wrong, made = (
            self.D.score(seen, c) for seen, c in ((real, x.c), (real, x.wrong), (fake, x.c))
        )
        lies = self.objective.d(right, wrong) + self.objective.d(right, made)
        return dict(
            realism=self.objective.d(self.D.realism(real), self.D.realism(fake)),
            match=self.match * lies,
        )

    def fool(self, x: Batch) -> Terms:
        fake = self.D(self.G(x.z, x.c), x.c)
        return dict(
            realism=self.objective.g(None, fake.real),
            match=self.match * self.objective.g(None, fake.match),
        )

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """A picture for each of the conditions (n, ...), in the range that players see."""
        return answered(self.G, given, rng)

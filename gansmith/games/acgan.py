"""ACGAN (arXiv:1610.09585, Eq. 2 and 3): D guesses the class instead of being told it.

D says whether a picture is real and of which class it is; G wants its pictures taken for real ones
of the class that it was asked for.

Departs from the paper in: D learns classes from real pictures alone. From G's as well, with the
class that G was asked for, the two may agree on marks of their own that no real picture has.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import answered
from gansmith.losses.objectives import Objective


class ACGAN(Game):
    """A generator of classes, against a discriminator that also classifies.

    G: codes (B, latent.dim), classes (B,) -> pictures; has `latent`.
    D: pictures -> Scores, logits (B,) and class logits (B, K).
    guess: weight of the class.
    """

    asked = "label"

    def __init__(self, G: Any, D: Any, *, objective: Objective, guess: float = 1.0) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.guess = objective, guess

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge), Phase("G", self.fool)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def judge(self, x: Batch) -> Terms:
        real, fake = self.D(x.real), self.D(self.G(x.z, x.label))
        guess = F.cross_entropy(real.match, x.label)
        return dict(adv=self.objective.d(real.real, fake.real), guess=self.guess * guess)

    def fool(self, x: Batch) -> Terms:
        fake = self.D(self.G(x.z, x.label))
        guess = F.cross_entropy(fake.match, x.label)
        return dict(adv=self.objective.g(None, fake.real), guess=self.guess * guess)

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """A picture for each of the classes (n,), in the range that players see."""
        return answered(self.G, given, rng)

"""Pictures from sounds (arXiv:1808.04108): D is told the sound, and guesses the class beside it.

G answers a sound with a picture; D scores picture and sound together, and says what class a
picture is of, real or not, which teaches G what the sounds of a class have in common.

Departs from the paper in: the encoder of sounds is learnt with the players, from nothing; any
objective.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import answered
from gansmith.losses.objectives import Objective


class SoundToImage(Game):
    """A generator that is asked by sounds, against a discriminator that hears and classifies.

    G: codes (B, latent.dim), sounds -> pictures; has `latent`.
    D: `see` of pictures, then `score` of what was seen, given sounds -> logits (B,), and `guess` of
    what was seen -> class logits (B, K).
    guess: weight of the class.
    """

    asked = "given"

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
        real, fake = self.D.see(x.real), self.D.see(self.G(x.z, x.given))
        adv = self.objective.d(self.D.score(real, x.given), self.D.score(fake, x.given))
        guess = F.cross_entropy(self.D.guess(real), x.label)
        guess = guess + F.cross_entropy(self.D.guess(fake), x.label)
        return dict(adv=adv, guess=self.guess * guess)

    def fool(self, x: Batch) -> Terms:
        real = self.D(x.real, x.given) if self.objective.needs_real else None
        fake = self.D.see(self.G(x.z, x.given))
        adv = self.objective.g(real, self.D.score(fake, x.given))
        return dict(adv=adv, guess=self.guess * F.cross_entropy(self.D.guess(fake), x.label))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """A picture for each of the sounds (n, 1, bands, frames), in the range that players see."""
        return answered(self.G, given, rng)

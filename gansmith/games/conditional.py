"""The conditional game (arXiv:1411.1784, Eq. 2; arXiv:1605.05396, Algorithm 1).

G is given a condition c beside its code; D is shown (x, c) and takes for real only what is real and
as asked. Beside G's pictures, D is shown two more kinds of lies: real pictures with a wrong
condition and, if asked for, G's pictures with a condition that they were not made for.

Departs from the paper in: D's losses are those of any objective, on stable logits; wrong conditions
come from the same batch and are never equal to the right one, where the batch has another.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective
from gansmith.networks.augment import View, as_is


class Conditional(Game):
    """A generator that is asked, against a discriminator that knows what was asked.

    G: codes (B, latent.dim), conditions -> pictures; has `latent`.
    D: `see` of pictures, then `score` of what was seen, given conditions -> logits (B,).
    asked: the field of the batch that holds the conditions.
    wrong: weight of real pictures with a wrong condition, as lies (GAN-CLS); 0 leaves them out.
    swapped: weight of G's pictures with a condition they were not made for; 0 leaves them out.
    view: differentiable augmentation of what D sees.
    """

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        asked: str = "label",
        wrong: float = 0.0,
        swapped: float = 0.0,
        view: View = as_is,
    ) -> None:
        super().__init__()
        self.G, self.D, self.view = G, D, view
        self.objective, self.asked, self.wrong, self.swapped = objective, asked, wrong, swapped

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge), Phase("G", self.fool)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.c = getattr(x, self.asked)
        x.z = self.G.latent.sample(len(x), rng)
        x.angle = self.view.draw(x.real, rng)
        if self.wrong or self.swapped:
            x.wrong = x.c[others(x.c, rng)]
        return x

    def judge(self, x: Batch) -> Terms:
        real = self.D.see(self.view(x.real, x.angle))
        fake = self.D.see(self.view(self.G(x.z, x.c), x.angle))
        right = self.D.score(real, x.c)
        terms = dict(adv=self.objective.d(right, self.D.score(fake, x.c)))
        if self.wrong:
            terms["wrong"] = self.wrong * self.objective.d(right, self.D.score(real, x.wrong))
        if self.swapped:
            terms["swapped"] = self.swapped * self.objective.d(right, self.D.score(fake, x.wrong))
        return terms

    def fool(self, x: Batch) -> Terms:
        fake = self.D(self.view(self.G(x.z, x.c), x.angle), x.c)
        real = self.D(self.view(x.real, x.angle), x.c) if self.objective.needs_real else None
        return dict(adv=self.objective.g(real, fake))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """A picture for each of the conditions (n, ...), in the range that players see."""
        return answered(self.G, given, rng)


def answered(G: Any, given: Tensor, rng: Rng, piece: int = 256) -> Tensor:
    """What a generator makes of conditions and fresh codes, piece by piece to save memory."""
    codes = G.latent.sample(len(given), rng).to(given.device)
    pairs = zip(codes.split(piece), given.split(piece), strict=True)
    return torch.cat([G(z, c) for z, c in pairs])


def others(given: Tensor, rng: Rng) -> Tensor:
    """For each row the number of another row with another condition, drawn uniformly, (B,).

    A row whose condition all share points to any row: such a batch has no wrong condition.
    """
    rows = given.reshape(len(given), -1)
    same = (rows[:, None] == rows[None]).all(2)
    return rng.uniform(*same.shape).masked_fill(same, -1).argmax(1)

"""StackGAN (arXiv:1612.03242): first a small picture, then a large one from it.

In stage I, G1 draws a small picture of a code and a condition, and D1 judges it; in stage II, G2
makes the large picture of G1's and of the same condition, and D2 judges that, while G1 and D1 rest.
Both are conditional games with wrong conditions among the lies.

Departs from the paper in: the condition's vector is not drawn from a Gaussian around it
(conditioning augmentation, Eq. 2).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Stage, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import others
from gansmith.losses.objectives import Objective


class StackGAN(Game):
    """Two conditional games, one after the other.

    G1: codes (B, latent.dim), conditions -> small pictures. D1 judges them.
    G2: small pictures, conditions -> large pictures. D2 judges them.
    small_steps: length of stage I. wrong: weight of real pictures with a wrong condition.
    """

    averaged = ("G2",)  # G2 learns from G1 as it is: an average of G1 would be another G1
    grown: Tensor

    def __init__(
        self,
        G1: Any,
        D1: Any,
        G2: Any,
        D2: Any,
        *,
        objective: Objective,
        asked: str,
        small_steps: int,
        wrong: float = 1.0,
    ) -> None:
        super().__init__()
        self.G1, self.D1, self.G2, self.D2 = G1, D1, G2, D2
        self.objective, self.asked, self.wrong = objective, asked, wrong
        self.small_steps = small_steps
        self.register_buffer("grown", torch.zeros(()))

    def stages(self) -> tuple[Stage, ...]:
        small = Phase("D1", self.judge_small), Phase("G1", self.fool_small)
        large = Phase("D2", self.judge), Phase("G2", self.fool)
        return Stage(self.small_steps, small), Stage(None, large)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.c = getattr(x, self.asked)
        x.z = self.G1.latent.sample(len(x), rng)
        x.wrong = x.c[others(x.c, rng)]
        return x

    def judge_small(self, x: Batch) -> Terms:
        fake = self.G1(x.z, x.c)
        return self._told_apart(self.D1, F.adaptive_avg_pool2d(x.real, fake.shape[-1]), fake, x)

    def fool_small(self, x: Batch) -> Terms:
        return dict(adv=self.objective.g(None, self.D1(self.G1(x.z, x.c), x.c)))

    def judge(self, x: Batch) -> Terms:
        return self._told_apart(self.D2, x.real, self._large(x.z, x.c), x)

    def fool(self, x: Batch) -> Terms:
        return dict(adv=self.objective.g(None, self.D2(self._large(x.z, x.c), x.c)))

    def _large(self, z: Tensor, c: Tensor) -> Tensor:
        return self.G2(self.G1(z, c), c)

    def _told_apart(self, D: Any, real: Tensor, fake: Tensor, x: Batch) -> Terms:
        seen = D.see(real)
        right = D.score(seen, x.c)
        return dict(
            adv=self.objective.d(right, D(fake, x.c)),
            wrong=self.wrong * self.objective.d(right, D.score(seen, x.wrong)),
        )

    def after(self, phase: Phase, notes: dict[str, float]) -> None:
        self.grown.fill_(phase.name in ("judge", "fool"))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """A large picture for each of the conditions; during stage I, G1's, enlarged."""
        codes = self.G1.latent.sample(len(given), rng).to(given.device)
        made = [
            self._large(z, c) if self.grown else self.G2.enlarged(self.G1(z, c))
            for z, c in zip(codes.split(256), given.split(256), strict=True)
        ]
        return torch.cat(made)

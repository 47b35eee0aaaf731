"""Supervised learning, the rival of every conditional game: G alone, on the distance to the answer.

    min_G E |G(z, c) - x|^2 (or the absolute difference).

The best G answers with the mean of all x that go with c, E[x | c] (with the median, for absolute
differences): where a condition has several answers, that is a blend of them, which is none.

Departs from the paper in: no paper; it is least squares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.conditional import answered

DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": F.l1_loss, "l2": F.mse_loss}


class Regression(Game):
    """A generator that is told the answer.

    G: codes (B, latent.dim), conditions -> pictures; has `latent`.
    asked: the field of the batch that holds the conditions.
    distance: from what G makes and what it should have made to a scalar.
    """

    def __init__(
        self, G: Any, *, distance: Callable[[Tensor, Tensor], Tensor], asked: str = "label"
    ) -> None:
        super().__init__()
        self.G = G
        self.distance, self.asked = distance, asked

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("G", self.regress),)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = self.G.latent.sample(len(x), rng)
        return x

    def regress(self, x: Batch) -> Terms:
        return dict(error=self.distance(self.G(x.z, getattr(x, self.asked)), x.real))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """The mean answer to each of the conditions (n, ...)."""
        return answered(self.G, given, rng)

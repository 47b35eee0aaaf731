"""Labels from a picture, as a conditional game (arXiv:1811.04689).

G answers a picture with the probabilities of labels; D sees the picture with a set of labels and
tells true sets from G's. Cross-entropy judges each label by itself, D the whole set: which labels
go together, and which never do.

Departs from the paper in: any objective; D is shown probabilities as they are, beside sets of 0 and
1; G has no noise, for a picture has one right answer.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.losses.objectives import Objective


class MultiLabel(Game):
    """A generator of label sets against a discriminator that sees them with the picture.

    G: pictures -> logits (B, L). D: `see` of pictures, then `score` of what was seen and label sets
    (B, L) in [0, 1] -> logits (B,).
    cross_entropy: weight of the cross-entropy to the true labels.
    """

    asked = "given"

    def __init__(
        self, G: Any, D: Any, *, objective: Objective, cross_entropy: float = 10.0
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.cross_entropy = objective, cross_entropy

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.judge), Phase("G", self.label_and_fool)

    def judge(self, x: Batch) -> Terms:
        seen, made = self.D.see(x.given), self.G(x.given).sigmoid()
        true = self.D.score(seen, x.real)
        return dict(adv=self.objective.d(true, self.D.score(seen, made)))

    def label_and_fool(self, x: Batch) -> Terms:
        logits, seen = self.G(x.given), self.D.see(x.given)
        real = self.D.score(seen, x.real) if self.objective.needs_real else None
        return dict(
            adv=self.objective.g(real, self.D.score(seen, logits.sigmoid())),
            entropy=self.cross_entropy * entropy(logits, x.real),
        )

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """The probability of each label, (n, L), in each of the pictures (n, C, H, W)."""
        return labelled(self.G, given)


def entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy, the mean over examples and labels, in full precision."""
    return F.binary_cross_entropy_with_logits(logits.float(), labels)


def labelled(tag: Any, given: Tensor, piece: int = 256) -> Tensor:
    """Probabilities of labels, piece by piece to save memory."""
    return torch.cat([tag(x).sigmoid() for x in given.split(piece)])

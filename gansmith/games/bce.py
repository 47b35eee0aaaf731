"""Labels from a picture by cross-entropy, each label by itself; thresholds tuned for F1.

    min_G sum_l BCE(G(x)_l, y_l)          max_T mean_l F1_l of the labels with G(x)_l > T_l

F1 is made smooth by counting labels by halves near the threshold. Where probabilities are right the
best threshold is half of the best F1 (arXiv:1402.1892), so below a half.

Departs from the paper in: no paper; it is how labels are learnt when nobody thinks of a game.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from gansmith.core.game import Batch, Game, Phase, Terms
from gansmith.core.rng import Rng
from gansmith.games.multi_label import entropy, labelled

STEEP = 5.0  # how fast a label counts as there, per logit above its threshold


class LabelByLabel(Game):
    """A classifier of label sets, and a threshold for each label.

    G: pictures -> logits (B, L). T: logits -> logits less the thresholds.
    """

    asked = "given"
    averaged = ("G", "T")

    def __init__(self, G: Any, T: Any) -> None:
        super().__init__()
        self.G, self.T = G, T

    def phases(self) -> tuple[Phase, ...]:
        return Phase("T", self.tune), Phase("G", self.label)

    def tune(self, x: Batch) -> Terms:
        """1 - F1, on a batch that G has not moved on yet."""
        return dict(missed=1 - smooth_f1(self.T(self.G(x.given)).float(), x.real))

    def label(self, x: Batch) -> Terms:
        return dict(entropy=entropy(self.G(x.given), x.real))

    def answer(self, given: Tensor, rng: Rng) -> Tensor:
        """For each picture (n, C, H, W) a number in [0, 1] for each label, (n, L): above a half it
        is there. They are probabilities moved so that a half is the threshold.
        """
        return labelled(lambda x: self.T(self.G(x)), given)


def smooth_f1(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean F1 of labels (B, L), 2 TP / (2 TP + FP + FN), that grows smoothly with the logits.

    One is added above and below, so a label that is nowhere counts as found.
    """
    there = (STEEP * logits).sigmoid()
    hits = 2 * (there * labels).sum(0) + 1
    return (hits / (there.sum(0) + labels.sum(0) + 1)).mean()

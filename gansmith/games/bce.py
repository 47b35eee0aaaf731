"""Multi-label classification by binary relevance: one cross-entropy for each label.

    min_G sum_l BCE(G(x)_l, y_l)          max_T mean_l F1_l of the labels with G(x)_l > T_l

The thresholds T are tuned on a smooth F1. With calibrated probabilities the best threshold is half
of the best F1 (arXiv:1402.1892), hence below a half.

Departs from the paper in: no paper; it is the usual baseline.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.multi_label import binary_cross_entropy, predict_labels

SLOPE = 5.0  # of the sigmoid that replaces the step at the threshold, per logit


class BinaryRelevance(Game):
    """A multi-label classifier, and a threshold for each label.

    G: images -> logits (B, L). T: logits -> logits minus the thresholds.
    """

    condition_field = "condition"
    averaged = ("G", "T")

    def __init__(self, G: Any, T: Any) -> None:
        super().__init__()
        self.G, self.T = G, T

    def phases(self) -> tuple[Phase, ...]:
        return Phase("T", self.t_loss), Phase("G", self.g_loss)

    def t_loss(self, x: Batch) -> Losses:
        """1 - F1, on a batch that G has not been trained on yet."""
        return dict(f1=1 - smooth_f1(self.T(self.G(x.condition)).float(), x.real))

    def g_loss(self, x: Batch) -> Losses:
        return dict(bce=binary_cross_entropy(self.G(x.condition), x.real))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """For each image (n, C, H, W) a number in [0, 1] for each label, (n, L): the label is
        predicted above a half. They are probabilities, shifted so that a half is the threshold.
        """
        return predict_labels(lambda x: self.T(self.G(x)), conditions)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """From images to a number in [0, 1] for each label."""
        return {"G": ExportableModule(nn.Sequential(self.G, self.T, nn.Sigmoid()), {"c": given})}


def smooth_f1(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean F1 of labels (B, L), 2 TP / (2 TP + FP + FN), differentiable in the logits.

    One is added to numerator and denominator, so that a label that occurs nowhere counts as found.
    """
    predicted = (SLOPE * logits).sigmoid()
    hits = 2 * (predicted * labels).sum(0) + 1
    return (hits / (predicted.sum(0) + labels.sum(0) + 1)).mean()

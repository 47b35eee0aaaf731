"""Multi-label classification as a conditional GAN (arXiv:1811.04689).

G predicts the probabilities of labels from an image; D sees the image together with a label set and
discriminates true sets from predicted ones. Cross-entropy treats each label independently, D treats
the set as a whole: which labels occur together, and which never do.

Departs from the paper in: any objective; D sees probabilities as they are, beside sets of 0 and
1; G has no noise, since an image has one right answer.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.core.rng import Rng
from gansmith.games.conditional import d_terms, mismatched
from gansmith.losses.objectives import Objective


class MultiLabel(Game):
    """A generator of label sets against a discriminator of pairs of image and label set.

    G: images -> logits (B, L). D: `features` of images, then `logits` (B,) of features and label
    sets (B, L) in [0, 1].
    bce_weight: weight of the binary cross-entropy to the true labels.
    mismatch_weight: weight of real label sets of another image as negatives of D; 0 omits the term.
    """

    condition_field = "condition"

    def __init__(
        self,
        G: Any,
        D: Any,
        *,
        objective: Objective,
        bce_weight: float = 10.0,
        mismatch_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.G, self.D = G, D
        self.objective, self.bce_weight = objective, bce_weight
        self.mismatch_weight = mismatch_weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss), Phase("G", self.g_loss)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        if self.mismatch_weight:
            x.mismatched = x.real[mismatched(x.real, rng)]
        return x

    def d_loss(self, x: Batch) -> Losses:
        seen, made = self.D.features(x.condition), self.G(x.condition).sigmoid()
        true = self.D.logits(seen, x.real)
        negatives = {}
        if self.mismatch_weight:
            negatives["mismatch"] = self.mismatch_weight, self.D.logits(seen, x.mismatched)
        return d_terms(self.objective, true, self.D.logits(seen, made), negatives)

    def g_loss(self, x: Batch) -> Losses:
        logits, seen = self.G(x.condition), self.D.features(x.condition)
        real = self.D.logits(seen, x.real) if self.objective.needs_real else None
        return dict(
            adv=self.objective.g(real, self.D.logits(seen, logits.sigmoid())),
            bce=self.bce_weight * binary_cross_entropy(logits, x.real),
        )

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """The probability of each label, (n, L), in each of the images (n, C, H, W)."""
        return predict_labels(self.G, conditions)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """From images to a number in [0, 1] for each label."""
        return {"G": ExportableModule(nn.Sequential(self.G, nn.Sigmoid()), {"c": given})}


def binary_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy, the mean over examples and labels, in full precision."""
    return F.binary_cross_entropy_with_logits(logits.float(), labels)


def predict_labels(classifier: Any, conditions: Tensor, piece: int = 256) -> Tensor:
    """Probabilities of labels, (n, L), computed in pieces to save memory."""
    return torch.cat([classifier(x).sigmoid() for x in conditions.split(piece)])

"""A classifier trained by supervision alone: the baseline of semi-supervised GANs (textbook).

    min_C  - E log p_C(y | x)   over the labelled examples

Where only some of the training examples are labelled, the others are not looked at.

Departs from the paper in: no paper; it is cross-entropy.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase
from gansmith.core.protocols import ExportableModule, ExportInput
from gansmith.games.gan import in_pieces


class Classifier(Game):
    """C: examples -> logits of the classes (B, K)."""

    averaged = ("C",)

    def __init__(self, C: Any) -> None:
        super().__init__()
        self.C = C

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("C", self.c_loss),)

    def c_loss(self, x: Batch) -> Losses:
        fields = x.fields()
        real, label = (x.labelled, x.labelled_label) if "labelled" in fields else (x.real, x.label)
        return dict(aux=F.cross_entropy(self.C(real), label))

    def classify(self, x: Tensor) -> Tensor:
        """Class probabilities, (n, ...) -> (n, K)."""
        return in_pieces(self.C, x).softmax(1)

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """C, from examples to class probabilities."""
        module = nn.Sequential(self.C, nn.Softmax(1))
        return {"C": ExportableModule(module, {"x": given}, "probabilities of the classes")}

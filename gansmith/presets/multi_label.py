"""Multi-label classification of images."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import Condition, DataSpec
from gansmith.data.require import require_kind
from gansmith.games.bce import BinaryRelevance
from gansmith.games.multi_label import MultiLabel
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.multi_label import LabelSetDiscriminator, MultiLabelClassifier, Thresholds
from gansmith.presets.preset import Preset


def input_images(spec: DataSpec, preset: str) -> Condition:
    """The images that are labelled. Raises DataError for data of another kind."""
    require_kind(spec, preset, "labels")
    assert spec.condition is not None
    return spec.condition


def multi_label(
    spec: DataSpec,
    *,
    width: int = 16,
    bce_weight: float = 10.0,
    mismatch_weight: float = 0.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 3000,
) -> Recipe:
    """Multi-label classification by a conditional GAN of label sets (arXiv:1811.04689).

    bce_weight: weight of the binary cross-entropy to the true labels, beside 1 for the adversarial
        term.
    """
    c, labels = input_images(spec, "multi-label"), len(spec.classes)
    game = MultiLabel(
        MultiLabelClassifier(c.channels, c.height, width, labels),
        LabelSetDiscriminator(c.channels, c.height, width, labels),
        objective=OBJECTIVES["non-saturating"],
        bce_weight=bce_weight,
        mismatch_weight=mismatch_weight,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.99, channels_last=True)


def bce(
    spec: DataSpec,
    *,
    width: int = 16,
    threshold_lr_factor: float = 10.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 3000,
) -> Recipe:
    """Multi-label classification by cross-entropy, with thresholds tuned for F1 (textbook).

    threshold_lr_factor: learning rate of the thresholds, in logits, over that of the network; 0
        leaves them at a half.
    """
    c, labels = input_images(spec, "bce"), len(spec.classes)
    game = BinaryRelevance(
        MultiLabelClassifier(c.channels, c.height, width, labels), Thresholds(labels)
    )
    optim = {"G": adam(lr, 0.5), "T": adam(threshold_lr_factor * lr, 0.5)}
    return Recipe(game, optim, batch, steps, ema=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "multi-label": Preset(
        multi_label, data="collages", cites="arXiv:1811.04689", takes="images with sets of labels"
    ),
    "bce": Preset(bce, data="collages", cites="textbook", takes="images with sets of labels"),
}

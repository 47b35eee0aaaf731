"""Presets that answer a picture with labels."""

from __future__ import annotations

from gansmith.core.recipe import Recipe, adam
from gansmith.data import Condition, DataSpec
from gansmith.games.bce import LabelByLabel
from gansmith.games.multi_label import MultiLabel
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.multi_label import Cut, LabelJudge, Tagger
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def pictures_of(spec: DataSpec, preset: str) -> Condition:
    """The pictures that are labelled. Raises DataError for data of another kind."""
    take(spec, preset, "labels")
    assert spec.condition is not None
    return spec.condition


def multi_label(
    spec: DataSpec,
    *,
    width: int = 16,
    cross_entropy: float = 10.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 3000,
) -> Recipe:
    """Labels for pictures by a conditional GAN that learns which go together (arXiv:1811.04689).

    width: channels of both players next to the picture.
    cross_entropy: weight of the cross-entropy to the true labels, against 1 for D's part.
    lr: learning rate of Adam, with beta1 0.5.
    batch: pictures in a batch.
    steps: length of the run.
    """
    c, labels = pictures_of(spec, "multi-label"), len(spec.classes)
    game = MultiLabel(
        Tagger(c.channels, c.height, width, labels),
        LabelJudge(c.channels, c.height, width, labels),
        objective=OBJECTIVES["non-saturating"],
        cross_entropy=cross_entropy,
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.99, channels_last=True)


def bce(
    spec: DataSpec,
    *,
    width: int = 16,
    tune: float = 10.0,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 3000,
) -> Recipe:
    """Labels for pictures, each by its own cross-entropy, with thresholds tuned for F1 (textbook).

    width: channels next to the picture.
    tune: learning rate of the thresholds, in logits, over that of the net; 0 leaves them at a half.
    lr: learning rate of Adam, with beta1 0.5.
    batch: pictures in a batch.
    steps: length of the run.
    """
    c, labels = pictures_of(spec, "bce"), len(spec.classes)
    game = LabelByLabel(Tagger(c.channels, c.height, width, labels), Cut(labels))
    optim = {"G": adam(lr, 0.5), "T": adam(tune * lr, 0.5)}
    return Recipe(game, optim, batch, steps, average=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "multi-label": Preset(multi_label, data="collages", cites="arXiv:1811.04689"),
    "bce": Preset(bce, data="collages", cites="textbook"),
}

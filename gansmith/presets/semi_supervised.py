"""Presets that classify, of which only some examples need a label."""

from __future__ import annotations

from torch import nn

from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataError, DataSpec
from gansmith.data.require import require_kind
from gansmith.games.classifier import Classifier
from gansmith.networks.conditional_discriminator import dcgan_trunk
from gansmith.presets.preset import Preset


def classifier(
    spec: DataSpec,
    *,
    width: int = 32,
    lr: float = 5e-4,
    batch: int = 64,
    steps: int = 2000,
) -> Recipe:
    """A classifier trained on labelled images alone, the baseline with few labels (textbook)."""
    require_kind(spec, "classifier", "image", few_labels=True)
    if not spec.classes:
        raise DataError(f"{spec.name} has no classes: bring class folders (docs/data.md)")
    trunk, channels, side = dcgan_trunk(spec.channels, spec.size, width, nn.BatchNorm2d)
    C = nn.Sequential(trunk, nn.Conv2d(channels, len(spec.classes), side), nn.Flatten())
    optim = {"C": adam(lr, 0.9)}
    return Recipe(Classifier(C), optim, batch, steps, ema=0.99, channels_last=True)


FAMILY: dict[str, Preset] = {
    "classifier": Preset(
        classifier,
        data="fashion",
        cites="textbook",
        takes="images with classes, all or some of them labelled",
    ),
}

"""Presets that answer a sound with a sound: speech out of noise."""

from __future__ import annotations

from torch import nn

from gansmith.audio import window_size
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataError, DataSpec
from gansmith.games.pix2pix import Pix2Pix
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.audio import (
    Heard,
    Masker,
    SpectralDistance,
    WaveJudge,
    WaveUNet,
    emphasised_distance,
)
from gansmith.networks.patch import PatchDiscriminator
from gansmith.presets.paired import PATCHES
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def listened(spec: DataSpec, preset: str) -> None:
    """Raises DataError for data without pairs of sounds."""
    take(spec, preset, "sound")
    if spec.condition is None or spec.condition.kind != "wave":
        raise DataError(
            f"{spec.name} has no pairs of sounds. Make them from any sounds, as by --data "
            f"noisy:{spec.name}, or bring your own (docs/data.md)"
        )


def speech_enhancement(
    spec: DataSpec,
    *,
    width: int = 16,
    patch: int = 34,
    l1: float = 2000.0,
    spectral: float = 100.0,
    lr: float = 5e-4,
    batch: int = 8,
    steps: int = 1500,
) -> Recipe:
    """Speech out of noise, by a mask over its spectrum (arXiv:1611.07004, Eq. 4, on sounds).

    width: channels of both players next to the spectrum.
    patch: side of the squares of the spectrum that D judges: 7, 16, 34 or 70 bins and frames.
    l1: weight of the absolute difference of the samples.
    spectral: weight of the absolute difference of the log spectra.
    lr: learning rate of Adam, with beta1 0.5.
    batch: pairs in a batch.
    steps: length of the run.
    """
    listened(spec, "speech-enhancement")
    if patch not in PATCHES:
        raise ValueError(f"a patch has a side of {', '.join(map(str, PATCHES))}; got {patch}")
    judge = PatchDiscriminator(2, width, PATCHES[patch], nn.BatchNorm2d)
    frames = 1 + spec.length // (window_size(spec.rate) // 4)
    if frames < judge.smallest:
        raise ValueError(
            f"patches of {patch} want sounds of {judge.smallest} frames or more; these have "
            f"{frames}: take a smaller patch, or --size"
        )
    game = Pix2Pix(
        Masker(spec.rate, width),
        Heard(judge, spec.rate),
        objective=OBJECTIVES["non-saturating"],
        l1=l1,
        perceptual=spectral,
        sight=SpectralDistance(spec.rate),
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.99, channels_last=True)


def segan(
    spec: DataSpec,
    *,
    width: int = 8,
    l1: float = 500.0,
    high: float = 1000.0,
    lr: float = 1e-3,
    batch: int = 8,
    steps: int = 6000,
) -> Recipe:
    """SEGAN: speech out of noise, sample by sample (arXiv:1703.09452, Eq. 5 and 6).

    width: channels of both players next to the samples.
    l1: weight of the absolute difference of the samples.
    high: weight of the same after x(t) - 0.95 x(t - 1), which makes the high parts count.
    lr: learning rate of Adam, with beta1 0.9.
    batch: pairs in a batch.
    steps: length of the run.
    """
    listened(spec, "segan")
    game = Pix2Pix(
        WaveUNet(width),
        WaveJudge(spec.length, width),
        objective=OBJECTIVES["least-squares"],
        l1=l1,
        perceptual=high,
        sight=emphasised_distance,
    )
    optim = adam(lr, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.99)


FAMILY: dict[str, Preset] = {
    "speech-enhancement": Preset(
        speech_enhancement,
        data="noisy:spoken-digits",
        cites="arXiv:1611.07004",
        paper=dict(width=64, patch=70, batch=1, steps=200_000),
    ),
    "segan": Preset(
        segan,
        data="noisy:spoken-digits",
        cites="arXiv:1703.09452",
        paper=dict(width=16, l1=0.0, high=100.0, lr=2e-4, batch=400, steps=2500),
    ),
}

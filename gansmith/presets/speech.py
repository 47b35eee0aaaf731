"""Speech enhancement: clean waveforms from noisy ones."""

from __future__ import annotations

from torch import nn

from gansmith.audio import window_size
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_condition, require_kind
from gansmith.games.pix2pix import Pix2Pix
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.audio import (
    SpectralDistance,
    SpectralMaskUNet,
    SpectrogramDiscriminator,
    WaveDiscriminator,
    WaveUNet,
    preemphasis_distance,
)
from gansmith.networks.patch import PatchDiscriminator
from gansmith.presets.paired import PATCHES
from gansmith.presets.preset import Preset


def require_audio_pairs(spec: DataSpec, preset: str) -> None:
    """Raises DataError for data without paired waveforms."""
    require_kind(spec, preset, "audio")
    require_condition(
        spec,
        "waveform",
        otherwise=f"{spec.name} has no pairs of sounds. Make them from any sounds, for example by "
        f"--data noisy:{spec.name}, or bring your own (docs/data.md)",
    )


def speech_enhancement(
    spec: DataSpec,
    *,
    width: int = 16,
    patch_size: int = 34,
    l1_weight: float = 2000.0,
    spectral_weight: float = 100.0,
    lr: float = 5e-4,
    batch: int = 8,
    steps: int = 1500,
) -> Recipe:
    """Speech enhancement by a mask on the spectrogram (arXiv:1611.07004, Eq. 4, on audio).

    patch_size: side of the patches of the spectrogram that D classifies: 7, 16, 34 or 70 bins and
        frames.
    l1_weight: weight of the L1 distance of the waveforms.
    spectral_weight: weight of the L1 distance of the log spectrograms.
    """
    require_audio_pairs(spec, "speech-enhancement")
    if patch_size not in PATCHES:
        raise ValueError(f"patch_size is {', '.join(map(str, PATCHES))}; got {patch_size}")
    D = PatchDiscriminator(2, width, PATCHES[patch_size], nn.BatchNorm2d)
    frames = 1 + spec.length // (window_size(spec.rate) // 4)
    if frames < D.smallest:
        raise ValueError(
            f"patches of {patch_size} frames need sounds of {D.smallest} frames or more; these "
            f"have {frames}: choose a smaller --patch-size, or a larger --size"
        )
    game = Pix2Pix(
        SpectralMaskUNet(spec.rate, width),
        SpectrogramDiscriminator(D, spec.rate),
        objective=OBJECTIVES["non-saturating"],
        l1_weight=l1_weight,
        perceptual_weight=spectral_weight,
        perceptual=SpectralDistance(spec.rate),
    )
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.99, channels_last=True)


def segan(
    spec: DataSpec,
    *,
    width: int = 8,
    l1_weight: float = 500.0,
    preemphasis_weight: float = 1000.0,
    lr: float = 1e-3,
    batch: int = 8,
    steps: int = 6000,
) -> Recipe:
    """SEGAN: speech enhancement of the waveform (arXiv:1703.09452, Eq. 5 and 6).

    l1_weight: weight of the L1 distance of the waveforms.
    preemphasis_weight: weight of the L1 distance after pre-emphasis, x(t) - 0.95 x(t - 1), in which
        high frequencies count more.
    lr: learning rate of Adam, with beta1 0.9.
    """
    require_audio_pairs(spec, "segan")
    game = Pix2Pix(
        WaveUNet(width),
        WaveDiscriminator(spec.length, width),
        objective=OBJECTIVES["least-squares"],
        l1_weight=l1_weight,
        perceptual_weight=preemphasis_weight,
        perceptual=preemphasis_distance,
    )
    optim = adam(lr, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.99)


FAMILY: dict[str, Preset] = {
    "speech-enhancement": Preset(
        speech_enhancement,
        data="noisy:spoken-digits",
        cites="arXiv:1611.07004",
        takes="pairs of sounds",
        paper=dict(width=64, patch_size=70, lr=2e-4, batch=1, steps=200_000),
    ),
    "segan": Preset(
        segan,
        data="noisy:spoken-digits",
        cites="arXiv:1703.09452",
        takes="pairs of sounds",
        paper=dict(
            width=16, l1_weight=0.0, preemphasis_weight=100.0, lr=2e-4, batch=400, steps=2500
        ),
    ),
}

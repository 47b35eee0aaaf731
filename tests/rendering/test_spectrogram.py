"""Waveforms as images of their spectra."""

import torch

from gansmith.core.rng import Rng
from gansmith.rendering.spectrogram import spectrograms


def test_high_tones_stand_above_low_ones() -> None:
    t = torch.arange(8192) / 8000
    low, high = (
        spectrograms(torch.sin(2 * torch.pi * f * t)[None], 8000)[0, 0] for f in (500, 3000)
    )
    assert low.shape == (129, 129)
    assert (low[:, 64].argmax(), high[:, 64].argmax()) == (128 - 16, 128 - 96)
    assert high.max() > 240


def test_silence_is_black_and_long_waveforms_are_cut() -> None:
    assert int(spectrograms(torch.zeros(1, 50_000), 8000).max()) == 0
    assert spectrograms(Rng(1).normal(1, 80_000).clamp(-1, 1), 8000).shape[3] == 256

"""Waveforms as images of their log spectra."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.audio import log_spectrum, window_size

LONGEST = 256  # frames that are shown
RANGE = 70.0  # decibels below full scale that are black


def spectrograms(waveforms: Tensor, rate: int) -> Tensor:
    """Log spectra of waveforms (n, T), uint8 (n, 1, bins, frames): high above, loud white.

    Black is 70 decibels below full scale; the first two seconds or so are shown.
    """
    size = window_size(rate)
    wave = waveforms.float().cpu()[:, : LONGEST * size // 4 - 1]
    level = log_spectrum(wave, size, size // 4).flip(2)  # (n, 1, bins, frames)
    return ((level + RANGE) * (255 / RANGE)).round().clamp(0, 255).to(torch.uint8)

"""Spectra over time: the short-time Fourier transform and its inverse, decibels, mel bands."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gansmith.audio.files import AudioError

WINDOW = 0.032  # seconds, about
FLOOR = -80.0  # decibels below full scale, 0 in a log-mel image
QUIET = 1e-7  # power of -70 decibels, added before a logarithm


def window_size(rate: int) -> int:
    """Samples of a window of about 32 ms, a power of 2: 256 at 8 kHz, 512 at 16 kHz."""
    return int(2 ** max(4, round(math.log2(WINDOW * rate))))


def stft(waveform: Tensor, size: int, hop: int) -> Tensor:
    """X[k, m] = sum_t w[t] x[t + m hop - size / 2] exp(-2 pi i k t / size), w a Hann window.

    waveform: (B, T), padded with zeros. Returns complex (B, size // 2 + 1, T // hop + 1).
    """
    window = torch.hann_window(size, dtype=waveform.dtype, device=waveform.device)
    return torch.stft(
        waveform, size, hop, window=window, center=True, pad_mode="constant", return_complex=True
    )


def istft(spectra: Tensor, size: int, hop: int, length: int) -> Tensor:
    """The waveform (B, length) whose `stft` is nearest; the exact inverse of `stft`.

    Windows are added where they overlap and divided by the sum of w^2, so hop is at most
    size / 2.
    """
    window = torch.hann_window(size, dtype=spectra.real.dtype, device=spectra.device)
    short = 1 + length // hop - spectra.shape[-1]
    if short > 0:
        raise AudioError(f"{length} samples want {1 + length // hop} frames; {short} are missing")
    whole = hop * (spectra.shape[-1] - 1)
    waveform = torch.istft(
        spectra, size, hop, window=window, center=True, length=max(whole, length)
    )
    return waveform[:, :length]


def power(spectra: Tensor, size: int) -> Tensor:
    """|X|^2, scaled so that a sine of amplitude 1 has a sum of 1 over its bins."""
    window = torch.hann_window(size, dtype=spectra.real.dtype, device=spectra.device)
    return spectra.abs().square() * (4 / (size * window.square().sum()))


def decibels(power: Tensor, floor: float = QUIET) -> Tensor:
    """10 log10(power + floor); full scale is 0."""
    return 10 * torch.log10(power + floor)


def log_spectrum(waveform: Tensor, size: int, hop: int) -> Tensor:
    """Decibels of the spectra of waveforms (B, T), as (B, 1, size // 2 + 1, T // hop + 1).

    The gradient exists everywhere: 10^-7 of full scale (-70 decibels) is added to the power.
    """
    return decibels(power(stft(waveform, size, hop), size)).unsqueeze(1)


def mel_bands(bands: int, size: int, rate: int) -> Tensor:
    """Triangles over the bins of a spectrum, float32 (bands, size // 2 + 1).

    Their corners lie evenly on the mel scale, m(f) = 2595 log10(1 + f / 700), from 0 to half the
    rate; each rises from 0 to 1 between the center of the previous one and its own, and falls
    to the center of the next. So they sum to 1 between the first and the last center.
    """
    top = 2595 * math.log10(1 + rate / 2 / 700)
    mels = torch.linspace(0, top, bands + 2, dtype=torch.float64)
    corners = 700 * (10 ** (mels / 2595) - 1)  # (bands + 2,), hertz
    bins = torch.linspace(0, rate / 2, size // 2 + 1, dtype=torch.float64)
    rise = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp(min=0).float()


def log_mel(waveform: Tensor, rate: int, bands: int = 32, frames: int = 32) -> Tensor:
    """Waveforms (N, T) as log-mel images, uint8 (N, 1, bands, frames), low bands first.

    `frames` equal steps of time. 255 is the power of a sine of full scale, 0 is 80 decibels below;
    the scale is the same for all waveforms, which keeps their loudness: a waveform twice as loud
    has 19 more everywhere. Raises AudioError for fewer samples than frames.
    """
    if waveform.dim() != 2 or waveform.shape[1] < frames:
        raise AudioError(f"waveforms are (N, T), T at least {frames}; got {tuple(waveform.shape)}")
    hop = -(-waveform.shape[1] // frames)
    lowest = 700 * (10 ** (math.log10(1 + rate / 1400) / (bands + 1)) - 1)  # band, in hertz
    size = int(2 ** math.ceil(math.log2(max(2 * hop, rate / lowest))))
    banks = mel_bands(bands, size, rate)
    images = [_images(part, size, hop, frames, banks) for part in waveform.split(256)]
    return torch.cat(images) if images else torch.zeros(0, 1, bands, frames, dtype=torch.uint8)


def _images(waveform: Tensor, size: int, hop: int, frames: int, banks: Tensor) -> Tensor:
    spectra = power(stft(waveform, size, hop), size)[:, :, :frames]
    spectra = torch.nn.functional.pad(spectra, (0, frames - spectra.shape[2]))
    level = decibels(banks @ spectra, 10 ** (FLOOR / 10))
    return (255 * (1 - level / FLOOR)).round().clamp(0, 255).to(torch.uint8).unsqueeze(1)

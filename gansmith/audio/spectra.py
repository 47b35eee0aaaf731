"""Spectra over time: the short-time Fourier transform and its inverse, decibels, mel bands."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gansmith.audio.files import SoundError

WINDOW = 0.032  # seconds, about
FLOOR = -80.0  # decibels below full scale, where log-mel pictures end
QUIET = 1e-7  # power of -70 decibels, added before a logarithm


def window_size(rate: int) -> int:
    """Samples of a window of about 32 ms, a power of 2: 256 at 8 kHz, 512 at 16 kHz."""
    return int(2 ** max(4, round(math.log2(WINDOW * rate))))


def stft(wave: Tensor, size: int, hop: int) -> Tensor:
    """X[k, m] = sum_t w[t] x[t + m hop - size / 2] exp(-2 pi i k t / size), w Hann's window.

    wave: (B, T), continued by zeros. Returns complex (B, size // 2 + 1, T // hop + 1).
    """
    window = torch.hann_window(size, dtype=wave.dtype, device=wave.device)
    return torch.stft(
        wave, size, hop, window=window, center=True, pad_mode="constant", return_complex=True
    )


def istft(spectra: Tensor, size: int, hop: int, length: int) -> Tensor:
    """The sound (B, length) whose `stft` is nearest; that of a sound gives the sound back.

    Windows are added up where they overlap and divided by the sum of w^2, so hop is at most
    size / 2.
    """
    window = torch.hann_window(size, dtype=spectra.real.dtype, device=spectra.device)
    short = 1 + length // hop - spectra.shape[-1]
    if short > 0:
        raise SoundError(f"{length} samples want {1 + length // hop} frames; {short} are missing")
    whole = hop * (spectra.shape[-1] - 1)
    wave = torch.istft(spectra, size, hop, window=window, center=True, length=max(whole, length))
    return wave[:, :length]


def power(spectra: Tensor, size: int) -> Tensor:
    """|X|^2, scaled so that a sine of amplitude 1 has 1 in all over its bins."""
    window = torch.hann_window(size, dtype=spectra.real.dtype, device=spectra.device)
    return spectra.abs().square() * (4 / (size * window.square().sum()))


def decibels(power: Tensor, floor: float = QUIET) -> Tensor:
    """10 log10(power + floor); full scale is 0."""
    return 10 * torch.log10(power + floor)


def log_spectrum(wave: Tensor, size: int, hop: int) -> Tensor:
    """Decibels of the spectra of sounds (B, T), as (B, 1, size // 2 + 1, T // hop + 1).

    The gradient exists everywhere: 10^-7 of full scale (-70 decibels) is added to the power.
    """
    return decibels(power(stft(wave, size, hop), size)).unsqueeze(1)


def mel_bands(bands: int, size: int, rate: int) -> Tensor:
    """Triangles over the bins of a spectrum, float32 (bands, size // 2 + 1).

    Their corners lie evenly on the mel scale, m(f) = 2595 log10(1 + f / 700), from 0 to half the
    rate; each rises from 0 to 1 between the middle of the one before and its own, and falls
    alike. So they add up to 1 between the first and the last middle.
    """
    top = 2595 * math.log10(1 + rate / 2 / 700)
    mels = torch.linspace(0, top, bands + 2, dtype=torch.float64)
    corners = 700 * (10 ** (mels / 2595) - 1)  # (bands + 2,), hertz
    bins = torch.linspace(0, rate / 2, size // 2 + 1, dtype=torch.float64)
    rise = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp(min=0).float()


def log_mel(wave: Tensor, rate: int, bands: int = 32, frames: int = 32) -> Tensor:
    """Sounds (N, T) as pictures, uint8 (N, 1, bands, frames), low bands first, for conditions.

    The sound is cut into `frames` equal steps. 255 is the power of a sine of full scale, 0 lies 80
    decibels below, and steps are even in decibels whatever the sound: so its loudness is kept, and
    one twice as loud has 19 more everywhere.
    Raises SoundError for sounds of fewer samples than frames.
    """
    if wave.dim() != 2 or wave.shape[1] < frames:
        raise SoundError(f"sounds are (N, T), T at least {frames}; got {tuple(wave.shape)}")
    hop = -(-wave.shape[1] // frames)
    lowest = 700 * (10 ** (math.log10(1 + rate / 1400) / (bands + 1)) - 1)  # of a band, hertz
    size = int(2 ** math.ceil(math.log2(max(2 * hop, rate / lowest))))
    banks = mel_bands(bands, size, rate)
    made = [_pictures(part, size, hop, frames, banks) for part in wave.split(256)]
    return torch.cat(made) if made else torch.zeros(0, 1, bands, frames, dtype=torch.uint8)


def _pictures(wave: Tensor, size: int, hop: int, frames: int, banks: Tensor) -> Tensor:
    spectra = power(stft(wave, size, hop), size)[:, :, :frames]
    spectra = torch.nn.functional.pad(spectra, (0, frames - spectra.shape[2]))
    level = decibels(banks @ spectra, 10 ** (FLOOR / 10))
    return (255 * (1 - level / FLOOR)).round().clamp(0, 255).to(torch.uint8).unsqueeze(1)

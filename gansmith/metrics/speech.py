"""Distances between waveforms, and measures of speech. Waveforms are (N, T) in [-1, 1]."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from gansmith.audio import AudioError, log_mel, log_spectrum, resample, window_size
from gansmith.core.extras import install
from gansmith.pretrained.judges import Judge

SEGMENT = (-10.0, 35.0)  # decibels that the ratio of a frame is clipped to
SILENCE = 1e-20  # power below which a waveform counts as silent
TOO_SHORT = 1e-5  # what pystoi returns where it finds too little speech
PESQ_RATES = {8000: "nb", 16000: "wb"}


def si_sdr(*, estimate: Tensor, clean: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Scale-invariant signal-to-distortion ratio, dB (N,), higher is better (arXiv:1811.02508).

        10 log10 |a c|^2 / |a c - m|^2,  a = <m, c> / <c, c>,  m the estimate and c the
    clean waveform, both without their means, over the samples before `lengths`, or all. NaN where
    the clean waveform is silent.
    """
    m, c = (_centered(_like(x, clean).double(), lengths) for x in (estimate, clean))
    power = c.square().sum(1, keepdim=True)
    target = (m * c).sum(1, keepdim=True) / _above(power) * c
    ratio = _above(target.square().sum(1)) / _above((target - m).square().sum(1))
    return torch.where(power[:, 0] > SILENCE, 10 * ratio.log10(), torch.nan)


def segmental_snr(
    *, estimate: Tensor, clean: Tensor, rate: int, lengths: Tensor | None = None
) -> Tensor:
    """Mean over frames of 10 log10 |c|^2 / |c - m|^2, clipped to -10 .. 35, dB (N,), high is good.

    m: the estimate, c: the clean waveform, both before `lengths`. Frames of about 32 ms, a new one
    every quarter of that; frames in which the clean waveform is silent are left out. NaN where it
    is silent in all of them.
    """
    size = window_size(rate)
    c, error = (
        x.double().unfold(1, size, size // 4) for x in (clean, _like(estimate, clean) - clean)
    )
    signal, noise = c.square().sum(2), error.square().sum(2)
    ratio = (10 * (_above(signal) / _above(noise)).log10()).clamp(*SEGMENT)
    counted = (signal > 0) & _before(lengths, signal, size // 4, size)
    return _mean(ratio, counted)


def log_spectral_distance(
    *, estimate: Tensor, clean: Tensor, rate: int, lengths: Tensor | None = None
) -> Tensor:
    """Mean over frames of the root mean square difference of log spectra, dB (N,), low is good.

        mean_m sqrt(mean_k (10 log10 P_m[k, m] - 10 log10 P_c[k, m])^2),

    P the power relative to full scale, with a floor of -70 dB. Frames as for `segmental_snr`.
    """
    size = window_size(rate)
    a, b = (
        log_spectrum(x.double(), size, size // 4)[:, 0] for x in (_like(estimate, clean), clean)
    )
    far = (a - b).square().mean(1).sqrt()
    return _mean(far, _before(lengths, far, size // 4, 0))


def log_spectral_spread(waveforms: Tensor, rate: int, lengths: Tensor | None = None) -> Tensor:
    """Variance of the log spectrum over frames, mean over bins, dB^2 (N,).

    Averaging over what is uncertain leaves less of it than clean speech has; so does residual
    noise. Frames as for `log_spectral_distance`.
    """
    size = window_size(rate)
    level = log_spectrum(waveforms.double(), size, size // 4)[:, 0]  # (N, bins, frames)
    counted = _before(lengths, level[:, 0], size // 4, 0).unsqueeze(1)
    count = counted.sum(2, keepdim=True)
    middle = (level * counted).sum(2, keepdim=True) / count
    return (((level - middle).square() * counted).sum(2, keepdim=True) / count).mean((1, 2))


def recognition_rate(waveforms: Tensor, digits: Tensor, rate: int, judge: Judge) -> float:
    """Share of spoken digits that the shipped classifier recognizes.

    waveforms: (N, T), each of at most 1.024 s. digits: int64 (N,). judge: `spoken-digits`.
    """
    _, probabilities = judge.extract(recognizer_input(waveforms, rate))
    return float((probabilities.argmax(1) == digits).double().mean())


def recognizer_input(waveforms: Tensor, rate: int) -> Tensor:
    """Log-mel images of 1.024 s, uint8 (N, 1, 32, 32), on which that classifier was trained."""
    at_8k = resample(waveforms, rate, 8000)[:, :8192]
    whole = torch.nn.functional.pad(at_8k, (0, 8192 - at_8k.shape[1]))
    return log_mel(whole, 8000, bands=32, frames=32)


def stoi(*, estimate: Tensor, clean: Tensor, rate: int) -> Tensor:
    """Short-time objective intelligibility, (N,), to 1 (Taal and others 2011), by pystoi.

    NaN for waveforms with less than 0.4 s of speech. Raises ImportError without the extra "speech".
    """
    compute = _extra("pystoi").stoi

    def one(m: np.ndarray, c: np.ndarray) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NaN says the same
            value = float(compute(c, m, rate))
        return value if value > TOO_SHORT else float("nan")

    return _each(one, estimate, clean)


def pesq(*, estimate: Tensor, clean: Tensor, rate: int) -> Tensor:
    """Perceptual evaluation of speech quality, (N,), 1 to 4.6 (ITU-T P.862), by pesq.

    At 8 kHz the narrow-band form, at 16 kHz the wide-band one; NaN where no speech is found.
    Raises ImportError without the extra "speech", AudioError at other rates.
    """
    if rate not in PESQ_RATES:
        raise AudioError(f"PESQ is made for 8000 and 16000 samples a second; got {rate}: resample")
    library = _extra("pesq")
    silent = library.PesqError.RETURN_VALUES

    def one(m: np.ndarray, c: np.ndarray) -> float:
        value = float(library.pesq(rate, c, m, PESQ_RATES[rate], on_error=silent))
        return value if value > 0 else float("nan")

    return _each(one, estimate, clean)


def _extra(name: str) -> ModuleType:
    try:
        return __import__(name)
    except ImportError:
        raise ImportError(f"{name} is not installed: {install('speech')}") from None


def _each(
    number: Callable[[np.ndarray, np.ndarray], float], estimate: Tensor, clean: Tensor
) -> Tensor:
    rows = zip(_like(estimate, clean).numpy(), clean.numpy(), strict=True)
    return torch.tensor([float(number(m, c)) for m, c in rows], dtype=torch.float64)


def _like(estimate: Tensor, clean: Tensor) -> Tensor:
    if estimate.shape != clean.shape or estimate.dim() != 2:
        raise AudioError(
            f"waveforms (N, T) are compared with as many of one length; got "
            f"{tuple(estimate.shape)} and {tuple(clean.shape)}"
        )
    return estimate


def _centered(x: Tensor, lengths: Tensor | None) -> Tensor:
    """The samples before `lengths` without their mean; 0 from there on."""
    if lengths is None:
        return x - x.mean(1, keepdim=True)
    counted = torch.arange(x.shape[1]) < lengths[:, None]
    middle = (x * counted).sum(1, keepdim=True) / lengths[:, None]
    return (x - middle) * counted


def _above(power: Tensor) -> Tensor:
    return power.clamp(min=SILENCE)


def _before(lengths: Tensor | None, frames: Tensor, hop: int, size: int) -> Tensor:
    """Which frames (N, M), that begin every `hop` samples, end before `lengths`; the first does."""
    starts = torch.arange(frames.shape[1]) * hop
    if lengths is None:
        return torch.ones_like(frames, dtype=torch.bool)
    return (starts + size <= lengths[:, None]) | (starts == 0)


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    return (values * counted).sum(1) / counted.sum(1)

"""All numbers of generated and of enhanced audio, each with its protocol and a real value."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache, partial

from torch import Tensor

from gansmith.audio import AudioError, log_spectrum, window_size
from gansmith.metrics.protocol import HELD_OUT, Better, Measured, Protocol, select_keys
from gansmith.metrics.samples import random_subset
from gansmith.metrics.speech import (
    log_spectral_distance,
    log_spectral_spread,
    recognition_rate,
    segmental_snr,
    si_sdr,
)
from gansmith.pretrained.judges import Judge

LIMIT = 1000  # waveforms of each kind
OF_INPUT = "_of_input"
ENHANCEMENT: dict[str, tuple[str, Better]] = {
    "segsnr": ("segmental SNR, dB", "higher"),
    "sisdr": ("SI-SDR, dB", "higher"),
    "lsd": ("log-spectral distance, dB", "lower"),
    "recognized": ("digits recognized", "higher"),
}


def available_audio() -> dict[str, Better]:
    """The keys that `evaluate_audio` gives, each with its good direction; nothing is computed."""
    return {"spectrum": "lower", "spread": "near"}


def evaluate_audio(
    *,
    generated: Tensor,
    held_out: Tensor,
    train: Tensor,
    rate: int,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """The distance of the average log spectrum to the held-out one, and the spectral variance.

    generated, held_out, train: waveforms (N, T) in [-1, 1] at `rate` samples a second.
    only: keys of the numbers to compute; all by default. Raises ValueError for an unknown key.
    """
    wanted = select_keys(only, available_audio())
    fake, real, other = (random_subset(x, LIMIT, 0) for x in (generated, held_out, train))
    counts = {"generated": len(fake), "held-out": len(real), "train": len(other)}
    protocol = Protocol("log spectra", HELD_OUT, counts, notes=("floor of -70 dB", "no resampling"))

    def spectrum() -> Measured:
        ours, theirs, usual = (average_spectrum(x, rate) for x in (fake, real, other))
        return Measured(
            "distance of average log spectra, dB",
            spectrum_distance(ours, theirs),
            "lower",
            protocol,
            spectrum_distance(usual, theirs),
        )

    def spread() -> Measured:
        ours, theirs = (float(log_spectral_spread(x, rate).mean()) for x in (fake, real))
        return Measured("log-spectral variance, dB^2", ours, "near", protocol, theirs)

    numbers = {"spectrum": spectrum, "spread": spread}
    return {key: compute() for key, compute in numbers.items() if key in wanted}


def average_spectrum(waveforms: Tensor, rate: int) -> Tensor:
    """The log spectrum in decibels, mean over waveforms (N, T) and frames: (bins,)."""
    size = window_size(rate)
    return log_spectrum(waveforms.double(), size, size // 4).mean((0, 1, 3))


def spectrum_distance(one: Tensor, other: Tensor) -> float:
    """The root mean square of the difference of two average log spectra, in decibels."""
    return float((one - other).square().mean().sqrt())


def available_enhancement(known_digits: bool = False) -> dict[str, Better]:
    """The keys that `evaluate_enhancement` gives, each with its good direction; nothing is
    computed."""
    found: dict[str, Better] = {}
    for key, (_, better) in ENHANCEMENT.items():
        if known_digits or key != "recognized":
            found |= {key: better, f"{key}{OF_INPUT}": better}
    return found


def evaluate_enhancement(
    *,
    enhanced: Tensor,
    clean: Tensor,
    noisy: Tensor,
    rate: int,
    lengths: Tensor | None = None,
    digits: Tensor | None = None,
    judge: Judge | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """Enhanced speech against the clean speech; each number also of the noisy input.

    Waveforms whose clean speech is silent have no signal-to-noise ratio: means leave them out.

    enhanced, clean, noisy: waveforms (N, T). lengths: samples before the filling, (N,). digits: the
    spoken digits (N,), judge: the classifier that recognizes them; both or neither.
    only: keys of the numbers to compute; all by default. Raises ValueError for an unknown key,
    AudioError for a ratio where all clean speech is silent.
    """
    protocol = Protocol("samples and spectra", "clean held-out audio", {"generated": len(enhanced)})
    numbers: dict[str, Callable[[Tensor], float]] = {
        "segsnr": lambda x: _mean(
            segmental_snr(estimate=x, clean=clean, rate=rate, lengths=lengths)
        ),
        "sisdr": lambda x: _mean(si_sdr(estimate=x, clean=clean, lengths=lengths)),
        "lsd": lambda x: _mean(
            log_spectral_distance(estimate=x, clean=clean, rate=rate, lengths=lengths)
        ),
    }
    if digits is not None and judge is not None:
        protocol = replace(protocol, features=f"{protocol.features}; {judge.description}")
        numbers["recognized"] = partial(recognition_rate, digits=digits, rate=rate, judge=judge)
    available = available_enhancement("recognized" in numbers)
    wanted = select_keys(only, available)

    @lru_cache
    def best(key: str) -> float | None:
        return numbers[key](clean) if key == "recognized" else None

    found: dict[str, Measured] = {}
    for key, better in available.items():
        base = key.removesuffix(OF_INPUT)
        if key in wanted:
            of_input = key != base
            name = ENHANCEMENT[base][0] + (", of the input" if of_input else "")
            value = numbers[base](noisy if of_input else enhanced)
            found[key] = Measured(name, value, better, protocol, best(base))
    return found


def _mean(values: Tensor) -> float:
    """Over the waveforms that have a value."""
    known = values[~values.isnan()]
    if not len(known):
        raise AudioError("all clean waveforms are silent: there is no ratio of signal to noise")
    return float(known.mean())

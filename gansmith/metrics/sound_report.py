"""Numbers of sounds that were made, with their protocol and what real sounds get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from gansmith.audio import log_spectrum, window_size
from gansmith.metrics.protocol import HELD, Better, Measured, Protocol
from gansmith.metrics.speech import (
    log_spectral_distance,
    log_spectral_spread,
    recognised,
    segmental_snr,
    si_sdr,
)
from gansmith.pretrained.judges import Judge

LIMIT = 1000  # sounds that are looked at


def evaluate_sounds(
    generated: Tensor, held: Tensor, train: Tensor, rate: int
) -> dict[str, Measured]:
    """How the average spectrum of sounds (N, T) differs from held-out ones, and how it varies."""
    ours, theirs, usual = (x[:LIMIT] for x in (generated, held, train))
    counts = {"generated": len(ours), "held": len(theirs), "train": len(usual)}
    protocol = Protocol("log spectra", HELD, counts, notes=("floor of -70 dB", "no resampling"))
    mean = [average_spectrum(x, rate) for x in (ours, theirs, usual)]
    spread = [float(log_spectral_spread(x, rate).mean()) for x in (ours, theirs)]
    return {
        "spectrum": Measured(
            "distance of average log spectra, dB",
            spectral_gap(mean[0], mean[1]),
            "lower",
            protocol,
            spectral_gap(mean[2], mean[1]),
        ),
        "spread": Measured("log-spectral variance, dB^2", spread[0], "near", protocol, spread[1]),
    }


def average_spectrum(sounds: Tensor, rate: int) -> Tensor:
    """The log spectrum in decibels, mean over sounds and frames, (bins,)."""
    size = window_size(rate)
    return log_spectrum(sounds.double(), size, size // 4).mean((0, 1, 3))


def spectral_gap(one: Tensor, other: Tensor) -> float:
    """The root mean square of the difference of two average log spectra."""
    return float((one - other).square().mean().sqrt())


def evaluate_answers(
    made: Tensor,
    clean: Tensor,
    given: Tensor,
    rate: int,
    lengths: Tensor | None = None,
    digits: Tensor | None = None,
    judge: Judge | None = None,
) -> dict[str, Measured]:
    """Speech made of noisy speech against the clean one; each number of what was given beside it.

    All (N, T). digits, judge: what is spoken, and who may recognise it.
    """
    about = Protocol("samples and spectra", "clean held-out sounds", {"generated": len(made)})
    numbers: dict[str, tuple[str, Better, Callable[[Tensor], float]]] = {
        "segsnr": (
            "segmental SNR, dB",
            "higher",
            lambda x: float(segmental_snr(x, clean, rate, lengths).mean()),
        ),
        "sisdr": ("SI-SDR, dB", "higher", lambda x: float(si_sdr(x, clean, lengths).mean())),
        "lsd": (
            "log-spectral distance, dB",
            "lower",
            lambda x: float(log_spectral_distance(x, clean, rate, lengths).mean()),
        ),
    }
    if digits is not None and judge is not None:
        about = replace(about, features=f"{about.features}; {judge.about}")
        said, who = digits, judge
        numbers["recognised"] = (
            "digits recognised",
            "higher",
            lambda x: recognised(x, said, rate, who),
        )
    found: dict[str, Measured] = {}
    for key, (name, better, of) in numbers.items():
        best = of(clean) if key == "recognised" else None
        found[key] = Measured(name, of(made), better, about, best)
        found[f"{key}_of_input"] = Measured(f"{name}, of the input", of(given), better, about, best)
    return found

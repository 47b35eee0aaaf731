"""Speech in noise: clean sounds mixed with recordings, at a chosen ratio of their powers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.builtin.spoken_digits import noise_recordings

SNR = (0.0, 10.0)  # decibels, drawn for each sound


def mix_at_snr(*, clean: Tensor, noise: Tensor, snr: Tensor) -> Tensor:
    """clean + g noise, g such that 10 log10(P(clean) / P(g noise)) is `snr`.

    P of a clean sound is its mean square up to its last sample that is not 0. Sums beyond [-1, 1]
    are clipped, as a recorder would. A silent sound stays silent.
    clean, noise: (N, T); snr: (N,) in decibels.
    """
    there = (clean != 0).long().flip(1).cummax(1).values.flip(1).sum(1)
    loud = clean.square().sum(1) / there.clamp(min=1)
    gain = (loud / noise.square().mean(1) / 10 ** (snr / 10)).sqrt()
    return (clean + gain.nan_to_num(0, 0, 0)[:, None] * noise).clamp(-1, 1)


def with_noise(held_out: bool) -> Callable[[Tensor, Rng], Tensor]:
    """Mixes each sound with a stretch of one of the recordings, at 0 to 10 decibels.

    held_out: take the recordings that training never does.
    """

    def corrupt(clean: Tensor, rng: Rng) -> Tensor:
        known = noise_recordings(held_out)
        count, length = clean.shape
        which = rng.integers(len(known), count).tolist()
        start = rng.uniform(count).tolist()
        low, high = SNR
        snr = low + (high - low) * rng.uniform(count)
        rows = [_stretch(known[i], begin, length) for i, begin in zip(which, start, strict=True)]
        return mix_at_snr(clean=clean, noise=torch.stack(rows), snr=snr)

    return corrupt


def _stretch(noise: Tensor, begin: float, length: int) -> Tensor:
    """A stretch from a random place on, round the recording's end."""
    first = int(begin * len(noise))
    return noise[(first + torch.arange(length)) % len(noise)]

"""Resampling: from one sample rate to another."""

from __future__ import annotations

from math import ceil, gcd

import torch
from torch import Tensor

from gansmith.audio.files import AudioError


def resample(waveform: Tensor, rate: int, to: int, length: int | None = None) -> Tensor:
    """A waveform (..., T) at `rate` samples a second, at `to`, by a polyphase low-pass filter.

    Without delay. length: of the result; ceil(T to / rate) when None. Resampling back, with the
    first length, gives the waveform itself below half of the lower rate.
    Raises AudioError for rates below 1 and for a length that is off by a sample or more.
    """
    from scipy.signal import resample_poly  # only here: it takes a while to import

    if min(rate, to) < 1:
        raise AudioError(f"a rate is 1 sample a second or more; got {rate} and {to}")
    there = ceil(waveform.shape[-1] * to / rate)
    wanted = there if length is None else length
    if abs(wanted - waveform.shape[-1] * to / rate) > max(1, to / rate):
        raise AudioError(
            f"{waveform.shape[-1]} samples at {rate} are {there} at {to}, not {length}"
        )
    if rate == to:
        return waveform[..., :wanted]
    common = gcd(rate, to)
    values = resample_poly(waveform.double().numpy(), to // common, rate // common, axis=-1)
    out = torch.from_numpy(values[..., :wanted]).float()
    return torch.nn.functional.pad(out, (0, wanted - out.shape[-1]))

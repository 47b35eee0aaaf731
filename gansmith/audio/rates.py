"""From one number of samples a second to another."""

from __future__ import annotations

from math import ceil, gcd

import torch
from torch import Tensor

from gansmith.audio.files import SoundError


def resample(wave: Tensor, rate: int, to: int, length: int | None = None) -> Tensor:
    """A sound (..., T) at `rate` as one at `to`, by a polyphase low-pass filter, without delay.

    length: of the answer; ceil(T to / rate) when None. There and back with the first length given
    is the sound itself, but for what lies above half of the lower rate.
    Raises SoundError for rates below 1 and for a length that is off by a sample or more.
    """
    from scipy.signal import resample_poly  # only here: it takes a while to import

    if min(rate, to) < 1:
        raise SoundError(f"a rate is 1 sample a second or more; got {rate} and {to}")
    there = ceil(wave.shape[-1] * to / rate)
    wanted = there if length is None else length
    if abs(wanted - wave.shape[-1] * to / rate) > max(1, to / rate):
        raise SoundError(f"{wave.shape[-1]} samples at {rate} are {there} at {to}, not {length}")
    if rate == to:
        return wave[..., :wanted]
    common = gcd(rate, to)
    values = resample_poly(wave.double().numpy(), to // common, rate // common, axis=-1)
    made = torch.from_numpy(values[..., :wanted]).float()
    return torch.nn.functional.pad(made, (0, wanted - made.shape[-1]))

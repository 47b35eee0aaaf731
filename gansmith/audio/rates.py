"""Resampling: from one sample rate to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from math import ceil, gcd

import torch
from torch import Tensor

from gansmith.audio.files import AudioError

REACH = 10  # samples of the lower rate on either side that SciPy's filter reaches
PIECE = 1 << 18  # samples that are resampled at one time


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


def resample_blocks(blocks: Iterable[Tensor], rate: int, to: int) -> Iterator[Tensor]:
    """`resample` of a waveform that comes in blocks (n,): what is yielded, joined, is bit-equal.

    Each piece is resampled between as much on both sides as the filter reaches, which is cut off
    again. It begins where both rates fall on a sample, so the filter meets it as in the whole.
    """
    if rate == to:
        yield from blocks
        return
    up, down = to // gcd(rate, to), rate // gcd(rate, to)
    margin = down * (REACH * max(up, down) // (up * down) + 1)
    size = down * max(PIECE // down, margin // down)
    before = torch.empty(0)
    pieces = chain(in_pieces(blocks, size), [torch.empty(0)])
    piece = next(pieces)
    for following in pieces:
        made = resample(torch.cat([before, piece, following[:margin]]), rate, to)
        start = len(before) * up // down
        yield made[start : start + ceil(len(piece) * up / down)]
        before, piece = piece[-margin:], following


def in_pieces(blocks: Iterable[Tensor], size: int) -> Iterator[Tensor]:
    """A waveform that comes in blocks (n,), in pieces of `size`; the last may be shorter."""
    waiting: list[Tensor] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count >= size:
            pieces = torch.cat(waiting).split(size)
            count %= size
            yield from pieces[: len(pieces) - bool(count)]
            waiting = [pieces[-1]] if count else []
    if count:
        yield torch.cat(waiting)

"""A run applied to audio files: `gansmith translate RUN noisy.wav -o clean.wav`.

A file of any rate and length is read, converted and written piece by piece. Each piece goes
through the network together with a margin, as wide as the network and the filters between the
rates reach, which is cut off again; so there are no seams, and memory does not grow with length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import ceil, gcd
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gansmith.audio import EXTENSIONS, WRITTEN, AudioError, AudioFile, resample
from gansmith.audio.files import file_format, supported_subtype
from gansmith.core.files import temporary_path
from gansmith.core.rng import Rng
from gansmith.inference.files import Conversion, Item, Written, find_files
from gansmith.runs.run import Run

PIECE = 16.0  # seconds that go through the network at one time, margins not counted
FILTER = 64  # samples of the lower rate that the two filters between the rates reach
FULL = 1 - 2.0**-15  # as loud as a sample of 16 bits can be
LARGE = 1 << 32  # bytes, which a plain WAV cannot hold

Read = Callable[[int, int], Tensor]  # from a sample to a sample -> (channels, samples)
Net = Callable[[Tensor], Tensor]  # waveforms at the run's rate (channels, T) -> (channels, T)


@dataclass(frozen=True)
class Cuts:
    """How a file is cut, in samples of the file.

    rate: of the file; net: of the run. step: where both rates, and the strides of the network,
    fall on a whole sample. margin, piece: multiples of it; a margin is as far as the network
    reaches.
    """

    rate: int
    net: int
    step: int
    margin: int
    piece: int

    @classmethod
    def of(cls, G: Any, net: int, rate: int, seconds: float = PIECE) -> Cuts:
        """The cuts for a network with `block` and `reach`, in samples of its own rate."""
        there, here = net // gcd(net, rate), rate // gcd(net, rate)
        step = G.block // gcd(there, G.block) * here
        reach = ceil((G.reach + FILTER) * rate / net) + FILTER
        piece = max(step, int(seconds * rate) // step * step)
        return cls(rate, net, step, -(-reach // step) * step, piece)


def write_outputs(
    run: Run,
    source: Path,
    out: Path,
    *,
    skip_bad: bool = False,
    say: Callable[[str], None] = print,
) -> Written:
    """Write what a run conditioned on waveforms makes of an audio file, or of each in a folder.

    What is written has the rate, the width and the channels of what was read; channels go through
    the network one by one. Above half of the run's own rate there is nothing.
    say: called with a line for each file that was clipped when it was recorded.
    """
    G: Any = run.game.get_submodule("G")
    return _conversion(run, G, conditional(run), say).run(source, out, skip_bad=skip_bad)


def write_translations(
    run: Run,
    source: Path,
    out: Path,
    *,
    to: str,
    origin: str,
    skip_bad: bool = False,
    say: Callable[[str], None] = print,
) -> Written:
    """Write an audio file, or each of a folder, as it would sound in the domain `to`."""

    def net(waveforms: Tensor) -> Tensor:
        return run.translate(waveforms, target=to, source=origin)

    G = run.game.translator(origin, to)  # type: ignore[operator]
    return _conversion(run, G, net, say).run(source, out, skip_bad=skip_bad)


def conditional(run: Run) -> Net:
    """The generator of a run on waveforms, with one code."""
    G: Any = run.game.get_submodule("G")
    z = G.latent.sample(1, Rng(0, 1, 1)).to(next(run.game.parameters()).device)

    def net(waveforms: Tensor) -> Tensor:
        return G(z.expand(len(waveforms), -1), waveforms)

    return net


def generate_one(run: Run, waveform: Tensor, rate: int, seconds: float = PIECE) -> Tensor:
    """The output for a waveform (channels, T) at any rate, likewise (channels, T), in [-1, 1]."""

    def read(first: int, last: int) -> Tensor:
        return waveform[:, first:last]

    G = run.game.get_submodule("G")
    pieces = _pieces(run, G, conditional(run), read, waveform.shape[1], rate, seconds)
    return torch.cat(list(pieces), 1)


def _conversion(run: Run, G: Any, net: Net, say: Callable[[str], None]) -> Conversion:
    return Conversion(
        "audio file",
        partial(find_files, extensions=EXTENSIONS, noun="audio file"),
        lambda item: _check(item.file, say),
        lambda item, target: _convert(run, G, net, item, target),
        ("", *WRITTEN),
    )


@torch.no_grad()
def _pieces(
    run: Run, G: Any, net: Net, read: Read, frames: int, rate: int, seconds: float = PIECE
) -> Iterator[Tensor]:
    """The output, piece by piece."""
    cuts = Cuts.of(G, run.spec.rate, rate, seconds)
    device = next(run.game.parameters()).device
    for start in range(0, frames, cuts.piece):
        stop = min(start + cuts.piece, frames)
        first, last = max(0, start - cuts.margin), min(frames, stop + cuts.margin)
        given = resample(read(first, last), rate, cuts.net).to(device)
        made = resample(net(given).cpu(), cuts.net, rate, last - first).clamp(-1, 1)
        yield made[:, start - first : stop - first]


def _convert(run: Run, G: Any, net: Net, item: Item, target: Path) -> None:
    """Convert one file, through a temporary one: the target is written whole or not at all."""
    import soundfile

    source = item.file
    temporary = temporary_path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with AudioFile(source) as file:
            frames = sum(map(len, file.blocks()))  # what the header announces may be unknown
        with AudioFile(source) as file:
            kind = file_format(target.suffix)
            width = supported_subtype(kind, file.subtype)
            if kind == "WAV" and frames * file.channels * 8 > LARGE:
                kind = "RF64"
            with soundfile.SoundFile(
                temporary, "w", file.rate, file.channels, width, format=kind
            ) as output:
                for piece in _pieces(run, G, net, _forwards(file), frames, file.rate):
                    output.write(piece.T.numpy())
        os.replace(temporary, target)
    except (soundfile.LibsndfileError, OSError) as error:
        raise AudioError(f"{target} cannot be written: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _forwards(file: AudioFile) -> Read:
    """Reads pieces of a file that may overlap, but begin one after another."""
    blocks = file.blocks()
    held, start = torch.empty(file.channels, 0), 0

    def read(first: int, last: int) -> Tensor:
        nonlocal held, start
        held, start = held[:, first - start :], first
        while held.shape[1] < last - first:
            held = torch.cat([held, torch.from_numpy(next(blocks).T)], 1)
        return held[:, : last - first]

    return read


def _check(path: Path, say: Callable[[str], None]) -> None:
    """Read through a file once. Raises AudioError when it cannot be used; says if it is clipped."""
    full = 0
    with AudioFile(path) as file:
        for values in file.blocks():
            loud = np.abs(values) >= FULL
            full += int((loud[1:] & loud[:-1]).sum())
    if full:
        say(
            f"{path} is clipped: {full} samples at full scale follow another; what was cut off is "
            "not restored"
        )

"""Sounds of one's own, answered by a run: `gansmith translate RUN noisy.wav -o clean.wav`.

A file of any rate and length is read, answered and written stretch by stretch. Each stretch is
answered together with a margin, as wide as the net and the filters between the rates can hear,
which is cut off again; so there are no seams, and memory does not grow with the length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, gcd
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gansmith.audio import EXTENSIONS, SoundError, open_sound, resample
from gansmith.audio.files import checked, fitting, form
from gansmith.core.game import Answers
from gansmith.core.rng import Rng
from gansmith.data import DataError
from gansmith.data.spec import DataSpec
from gansmith.inference.files import files_at
from gansmith.runs.checkpoint import UNFINISHED
from gansmith.runs.run import Run

STRETCH = 16.0  # seconds that are answered at one time, margins not counted
FILTER = 64  # samples of the lower rate that the two filters between the rates can hear
FULL = 1 - 2.0**-15  # as loud as a sample of 16 bits can be
BLOCK = 1 << 18  # samples that are looked at in one go
LARGE = 1 << 32  # bytes, which a plain WAV cannot hold

Read = Callable[[int, int], Tensor]  # from a sample to a sample -> (channels, samples)


@dataclass(frozen=True)
class Pace:
    """How a sound is cut, in samples of the file.

    rate: of the file; net: of the run. step: where both rates, and the strides of the net, stand
    on a whole sample. margin: a multiple of it, as far as can be heard. stretch: likewise.
    """

    rate: int
    net: int
    step: int
    margin: int
    stretch: int

    @classmethod
    def of(cls, G: Any, net: int, rate: int, seconds: float = STRETCH) -> Pace:
        """The pace for a net with `block` and `reach`, in samples of its own rate."""
        there, here = net // gcd(net, rate), rate // gcd(net, rate)
        step = G.block // gcd(there, G.block) * here
        heard = ceil((G.reach + FILTER) * rate / net) + FILTER
        stretch = max(step, int(seconds * rate) // step * step)
        return cls(rate, net, step, -(-heard // step) * step, stretch)


def write_sounds(
    run: Run,
    source: Path,
    out: Path,
    *,
    skip_bad: bool = False,
    say: Callable[[str], None] = print,
) -> int:
    """Answer a WAV or FLAC file, or each of a folder; how many there were.

    What is written has the rate, the width and the channels of what was read; channels are
    answered one by one. Above half of the run's own rate there is nothing.
    out: the file to write, or the folder, which is made.
    say: told of files that were clipped when they were recorded.
    Nothing is written when a file cannot be used, unless skip_bad is true.
    Raises TypeError when the run is not asked by sounds, DataError for files that cannot be used,
    ValueError when the answers would overwrite what is given.
    """
    asked = DataSpec.from_json(run.config.spec).condition
    if not isinstance(run.game, Answers) or asked is None or asked.kind != "wave":
        raise TypeError(f"{run.config.preset} is not asked by sounds; see `gansmith sample`")
    files = _files(source)
    targets = [_target(source, file, out) for file in files]
    if clash := [file for file in files if file.resolve() in {t.resolve() for t in targets}]:
        raise ValueError(f"the answer would overwrite {clash[0]}; choose another --out")
    bad: dict[Path, str] = {}
    for file in files:  # all are looked at before anything is written
        try:
            _look(file, say)
        except SoundError as error:
            bad[file] = str(error)
    if bad and (not skip_bad or len(bad) == len(files)):
        raise DataError("; ".join(bad.values()))
    for file, target in zip(files, targets, strict=True):
        if file not in bad:
            _answer(run, file, target)
    return len(files) - len(bad)


def answered_sound(run: Run, wave: Tensor, rate: int, seconds: float = STRETCH) -> Tensor:
    """The answer to a sound (channels, T) at any rate, likewise (channels, T), in [-1, 1]."""

    def read(first: int, last: int) -> Tensor:
        return wave[:, first:last]

    return torch.cat(list(_stretches(run, read, wave.shape[1], rate, seconds)), 1)


@torch.no_grad()
def _stretches(
    run: Run, read: Read, frames: int, rate: int, seconds: float = STRETCH
) -> Iterator[Tensor]:
    """The answer, stretch by stretch."""
    G: Any = run.game.get_submodule("G")
    pace = Pace.of(G, DataSpec.from_json(run.config.spec).rate, rate, seconds)
    device = next(run.game.parameters()).device
    z = G.latent.sample(1, Rng(0, 1, 1)).to(device)
    for start in range(0, frames, pace.stretch):
        stop = min(start + pace.stretch, frames)
        first, last = max(0, start - pace.margin), min(frames, stop + pace.margin)
        given = read(first, last)
        c = resample(given, rate, pace.net).to(device)
        made = G(z.expand(len(c), -1), c).cpu()
        back = resample(made, pace.net, rate, last - first).clamp(-1, 1)
        yield back[:, start - first : stop - first]


def _answer(run: Run, source: Path, target: Path) -> None:
    """Answer one file, through a temporary one: the target is written whole or not at all."""
    import soundfile

    temporary = target.with_name(f".{target.name}.{os.getpid()}{UNFINISHED}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open_sound(source) as file:

            def read(first: int, last: int) -> Tensor:
                file.seek(first)
                values = file.read(last - first, dtype="float32", always_2d=True)
                return torch.from_numpy(checked(values, str(source)).T.copy())

            kind = form(target.suffix)
            width = fitting(kind, file.subtype)
            if kind == "WAV" and file.frames * file.channels * 8 > LARGE:
                kind = "RF64"
            with soundfile.SoundFile(
                temporary, "w", file.samplerate, file.channels, width, format=kind
            ) as answer:
                for piece in _stretches(run, read, file.frames, file.samplerate):
                    answer.write(piece.T.numpy())
        os.replace(temporary, target)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundError(f"{target} cannot be written: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _look(path: Path, say: Callable[[str], None]) -> None:
    """Read through a file once. Raises SoundError when it cannot be used; says if it is clipped."""
    full = 0
    with open_sound(path) as file:
        for values in file.blocks(BLOCK // file.channels, dtype="float32", always_2d=True):
            loud = np.abs(checked(values, str(path))) >= FULL
            full += int((loud[1:] & loud[:-1]).sum())
    if full:
        say(
            f"{path} is clipped: {full} samples at full scale follow another; what was cut off is "
            "not brought back"
        )


def _files(source: Path) -> list[Path]:
    return files_at(source, EXTENSIONS, "sounds", "a WAV or FLAC file, or a folder of them")


def _target(source: Path, file: Path, out: Path) -> Path:
    if source.is_dir():
        return out / file.relative_to(source)
    if out.suffix.lower() in EXTENSIONS:
        return out
    if out.suffix:
        raise ValueError(f"sounds are written as WAV or FLAC; name the answer so, not {out.name}")
    suffix = file.suffix if file.suffix.lower() in EXTENSIONS else ".wav"
    return (out / file.name).with_suffix(suffix)

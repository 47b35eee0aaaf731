"""An audio file as a condition: `gansmith sample RUN --audio voice.wav`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from torch import Tensor

from gansmith.audio import EXTENSIONS, log_mel, read_mono, resample
from gansmith.core.files import write_atomic
from gansmith.core.images import png_bytes, to_uint8
from gansmith.data import Condition, DataError, DataSpec
from gansmith.inference.files import Conversion, Item, Written, find_files
from gansmith.rendering.grid import to_pil
from gansmith.runs.run import Run
from gansmith.sampling.prompts import how_to_condition

LONGEST = 60  # seconds of a file, its silence included
SILENT = 0.01  # of the peak, -40 decibels: what is quieter at both ends is left out


def read_prompt(path: Path, spec: DataSpec, gain: float = 0.0) -> Tensor:
    """An audio file as one condition of the data, uint8 (1, 1, bands, frames).

    Channels are averaged, the rate is brought to that of the data, silence at both ends is left
    out, and the end is filled with silence. gain: decibels that are added.
    Raises DataError when the data are not conditioned on audio, or the file is silent or longer
    than theirs; AudioError when it cannot be read.
    """
    condition = spec.conditioned_on
    if condition is None or not condition.from_audio:
        raise DataError(f"{spec.name} takes no --audio: {how_to_condition(condition)}")
    if not condition.rate:
        raise DataError(
            f"{spec.name} does not record how its audio became spectrograms, so no file can be "
            "turned into one"
        )
    wave, rate = read_mono(path, LONGEST + 1)  # a file of hours is not read to its end
    if len(wave) > LONGEST * rate:
        raise DataError(f"{path} has more than {LONGEST} seconds: cut it")
    wave = _trimmed(wave, path)
    _check_length(len(wave) / rate, path, condition, spec.name)
    wave = resample(wave, rate, condition.rate)[: condition.length]
    row = wave.new_zeros(1, condition.length)
    row[0, : len(wave)] = wave * 10 ** (gain / 20)
    return log_mel(row, condition.rate, condition.height, condition.width)


def write_images(
    run: Run, source: Path, out: Path, *, gain: float = 0.0, seed: int = 0, skip_bad: bool = False
) -> Written:
    """Write an image for an audio file, or for each in a folder."""

    def convert(item: Item, target: Path) -> None:
        made = run.sample(1, seed, read_prompt(item.file, run.spec, gain))
        write_atomic(target, png_bytes(to_pil(to_uint8(made)[0])))

    def check(item: Item) -> None:
        read_prompt(item.file, run.spec, gain)

    find = partial(find_files, extensions=EXTENSIONS, noun="audio file")
    return Conversion("image", find, check, convert, (".png",)).run(source, out, skip_bad=skip_bad)


def _trimmed(wave: Tensor, path: Path) -> Tensor:
    """The audio from where it begins to where it ends."""
    peak = float(wave.abs().max())
    if not peak:
        raise DataError(f"{path} is silent")
    loud = (wave.abs() > SILENT * peak).nonzero()
    return wave[int(loud[0]) : int(loud[-1]) + 1]


def _check_length(seconds: float, path: Path, condition: Condition, name: str) -> None:
    longest = condition.length / condition.rate
    if seconds > longest + 1 / condition.rate:
        raise DataError(
            f"{path} has {seconds:.3g} seconds of sound; a condition of {name} has {longest:.3g} "
            "at most: cut it"
        )

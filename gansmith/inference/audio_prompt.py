"""A sound of one's own as a run is asked by it: `gansmith sample RUN --like voice.wav`."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from gansmith.audio import log_mel, mono, open_sound, read_sound, resample
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, DataSpec

LONGEST = 60  # seconds of a file, its silence included
SILENT = 0.01  # of the peak, -40 decibels: what is quieter at both ends is left out


def heard(path: Path, spec: DataSpec, gain: float = 0.0) -> Tensor:
    """A WAV or FLAC file as one condition of the data, uint8 (1, 1, bands, frames).

    Channels are averaged, the rate is brought to that of the data, silence at both ends is left
    out, and the end is filled with silence. gain: decibels that are added.
    Raises DataError when the data are not asked by sounds, or the sound is silent or longer than
    theirs; SoundError when the file cannot be read.
    """
    asked = spec.asked
    if asked is None or asked.kind != "sound" or not asked.rate:
        raise DataError(_elsewhere(spec, asked))
    with open_sound(path) as file:  # a file of hours is refused before it is read
        if file.frames > LONGEST * file.samplerate:
            raise DataError(f"{path} has {file.frames / file.samplerate:.0f} seconds: cut it")
    recording = read_sound(path)
    wave = _spoken(mono(recording.wave), path)
    _fits(len(wave) / recording.rate, path, asked, spec.name)
    wave = resample(wave, recording.rate, asked.rate)[: asked.length]
    row = wave.new_zeros(1, asked.length)
    row[0, : len(wave)] = wave * 10 ** (gain / 20)
    return log_mel(row, asked.rate, asked.height, asked.width)


def _spoken(wave: Tensor, path: Path) -> Tensor:
    """The sound from where it begins to where it ends."""
    peak = float(wave.abs().max())
    if not peak:
        raise DataError(f"{path} is silent: there is nothing to hear")
    there = (wave.abs() > SILENT * peak).nonzero()
    return wave[int(there[0]) : int(there[-1]) + 1]


def _fits(seconds: float, path: Path, asked: Condition, name: str) -> None:
    longest = asked.length / asked.rate
    if seconds > longest + 1 / asked.rate:
        raise DataError(
            f"{path} has {seconds:.3g} seconds of sound; {name} is asked by {longest:.3g} at most: "
            "cut it"
        )


def _elsewhere(spec: DataSpec, asked: Condition | None) -> str:
    if asked is None:
        return f"{spec.name} has nothing that its examples could be asked by"
    if asked.kind == "image":
        return f"{spec.name} is asked by pictures: gansmith translate RUN picture.png"
    if asked.kind == "sound":
        return f"{spec.name} does not say how its sounds were made, so no other can be made like it"
    return f"{spec.name} is not asked by sounds but by a {asked.kind}: say it by --text"

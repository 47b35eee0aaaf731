"""WAV and FLAC files: any rate, 8 to 32 bits or floats, any number of channels."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import torch
from torch import Tensor

from gansmith.runs.checkpoint import replace

if TYPE_CHECKING:
    import soundfile

EXTENSIONS = (".wav", ".flac")
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC")
LOUDEST = 1 + 1e-6  # a float file may round past 1
FLAC_WIDTHS = ("PCM_S8", "PCM_16", "PCM_24")  # what FLAC can hold


class SoundError(ValueError):
    """A sound that cannot be used; the message says which, and what to do."""


@dataclass(frozen=True)
class Recording:
    """What a file holds.

    wave: float32 (channels, T) in [-1, 1]. rate: samples a second.
    width: how the file stores a sample, as libsndfile names it: PCM_16, PCM_24, FLOAT ...
    """

    wave: Tensor
    rate: int
    width: str


def open_sound(path: Path | BinaryIO) -> soundfile.SoundFile:
    """An open file, to be read block by block.

    Raises SoundError when it is not there, is no WAV or FLAC, is damaged, or holds no sample.
    """
    library = _library()
    try:
        file = library.SoundFile(path)
    except (library.LibsndfileError, TypeError, OSError) as error:
        raise SoundError(f"{_name(path)} cannot be read as a sound: {_why(path, error)}") from error
    if file.format not in FORMATS:
        raise SoundError(f"{_name(path)} is {file.format}; sounds are read from WAV and FLAC")
    if not file.frames:
        raise SoundError(f"{_name(path)} is empty: it has no sample")
    return file


def read_sound(path: Path | BinaryIO) -> Recording:
    """The whole of a file.

    Raises SoundError as `open_sound` does, for values that are not finite, and for floats beyond
    [-1, 1].
    """
    with open_sound(path) as file:
        values = checked(file.read(dtype="float32", always_2d=True), _name(path))
        return Recording(torch.from_numpy(values.T.copy()), file.samplerate, file.subtype)


def checked(values: np.ndarray, where: str) -> np.ndarray:
    """The samples, clipped where rounding went past 1. Raises SoundError for those unusable."""
    if not np.isfinite(values).all():
        raise SoundError(f"{where} has values that are not finite; repair or remove it")
    peak = float(np.abs(values).max(initial=0))
    if peak > LOUDEST:
        raise SoundError(
            f"{where} has values up to {peak:.3g}; a sound lies within -1 and 1: scale it down, or "
            "store it with 16 or 24 bits"
        )
    return values.clip(-1, 1)


def mono(wave: Tensor) -> Tensor:
    """The mean of the channels, (channels, T) -> (T,)."""
    return wave.mean(0)


def sound_bytes(wave: Tensor, rate: int, kind: str = ".wav", width: str = "PCM_16") -> bytes:
    """A sound (T,) or (channels, T) as the bytes of a file; values beyond [-1, 1] are clipped.

    kind: .wav or .flac. width: of a sample; FLAC stores 24 bits at most.
    Raises SoundError for another kind, and for values that are not finite.
    """
    library = _library()
    format_ = form(kind)
    if not bool(wave.isfinite().all()):
        raise SoundError("this sound has values that are not finite; it is not written")
    page = io.BytesIO()
    values = wave.detach().cpu().clamp(-1, 1).reshape(-1, wave.shape[-1]).T.numpy()
    library.write(page, values, rate, subtype=fitting(format_, width), format=format_)
    return page.getvalue()


def write_sound(path: Path, wave: Tensor, rate: int, width: str = "PCM_16") -> None:
    """Write a sound (T,) or (channels, T) as WAV or FLAC, by the ending of the name.

    Raises SoundError as `sound_bytes` does.
    """
    replace(path, sound_bytes(wave, rate, path.suffix, width))


def form(kind: str) -> str:
    """The format of a file of this ending. Raises SoundError for endings but .wav and .flac."""
    if kind.lower() not in EXTENSIONS:
        raise SoundError(f"sounds are written as {' or '.join(EXTENSIONS)}; got {kind!r}")
    return kind.lower().removeprefix(".").upper()


def fitting(format_: str, width: str) -> str:
    """The width that a format can hold: as asked, or 24 bits where FLAC is asked for more."""
    if format_ == "FLAC" and width not in FLAC_WIDTHS:
        return "PCM_S8" if width == "PCM_U8" else "PCM_24"
    return "PCM_U8" if format_ == "WAV" and width == "PCM_S8" else width


def _library() -> soundfile:
    try:
        import soundfile  # only here: it loads a shared library
    except (ImportError, OSError) as error:
        raise SoundError(f"sounds are read by soundfile: pip install soundfile ({error})") from None
    return soundfile


def _name(path: Path | BinaryIO) -> str:
    return str(path) if isinstance(path, str | Path) else "the sound"


def _why(path: Path | BinaryIO, error: Exception) -> str:
    if isinstance(path, str | Path):
        if not Path(path).exists():
            return "there is no such file"
        if Path(path).is_dir():
            return "it is a folder"
        if not Path(path).stat().st_size:
            return "it has 0 bytes"
    return str(error)

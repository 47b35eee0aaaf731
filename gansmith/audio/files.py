"""WAV and FLAC files: any rate, 8 to 32 bits or floats, any number of channels."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import torch
from torch import Tensor

from gansmith.core.files import write_atomic

if TYPE_CHECKING:
    import soundfile

EXTENSIONS = (".wav", ".flac")
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC")
MAX_PEAK = 1 + 1e-6  # a float file may round past 1
FLAC_SUBTYPES = ("PCM_S8", "PCM_16", "PCM_24")


class AudioError(ValueError):
    """Audio that cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Recording:
    """The content of a file.

    waveform: float32 (channels, T) in [-1, 1]. rate: samples a second.
    subtype: libsndfile's name for the format of a sample: PCM_16, PCM_24, FLOAT ...
    """

    waveform: Tensor
    rate: int
    subtype: str


def open_audio(path: Path | BinaryIO) -> soundfile.SoundFile:
    """An open file, to be read block by block.

    Raises AudioError when it does not exist, is no WAV or FLAC, is damaged, or holds no sample.
    """
    library = _library()
    try:
        file = library.SoundFile(path)
    except (library.LibsndfileError, TypeError, OSError) as error:
        raise AudioError(f"{_name(path)} cannot be read as audio: {_why(path, error)}") from error
    if file.format not in FORMATS:
        raise AudioError(f"{_name(path)} is {file.format}; audio is read from WAV and FLAC")
    if not file.frames:
        raise AudioError(f"{_name(path)} is empty: it has no sample")
    return file


def read_audio(path: Path | BinaryIO) -> Recording:
    """The whole of a file.

    Raises AudioError as `open_audio` does, for values that are not finite, and for floats beyond
    [-1, 1].
    """
    with open_audio(path) as file:
        values = check_samples(file.read(dtype="float32", always_2d=True), _name(path))
        return Recording(torch.from_numpy(values.T.copy()), file.samplerate, file.subtype)


def check_samples(values: np.ndarray, where: str) -> np.ndarray:
    """The samples, clipped to [-1, 1] where rounding went past it.

    Raises AudioError for samples that are not finite or lie beyond.
    """
    if not np.isfinite(values).all():
        raise AudioError(f"{where} has values that are not finite; repair or remove it")
    peak = float(np.abs(values).max(initial=0))
    if peak > MAX_PEAK:
        raise AudioError(
            f"{where} has values up to {peak:.3g}; samples lie within -1 and 1: scale it down, or "
            "store it with 16 or 24 bits"
        )
    return values.clip(-1, 1)


def to_mono(waveform: Tensor) -> Tensor:
    """The mean of the channels, (channels, T) -> (T,)."""
    return waveform.mean(0)


def audio_bytes(
    waveform: Tensor, rate: int, suffix: str = ".wav", subtype: str = "PCM_16"
) -> bytes:
    """A waveform (T,) or (channels, T) as the bytes of a file, clipped to [-1, 1].

    suffix: .wav or .flac. subtype: the format of a sample; FLAC stores 24 bits at most.
    Raises AudioError for another suffix, and for values that are not finite.
    """
    library = _library()
    format_ = file_format(suffix)
    if not bool(waveform.isfinite().all()):
        raise AudioError("this waveform has values that are not finite; it is not written")
    page = io.BytesIO()
    values = waveform.detach().cpu().clamp(-1, 1).reshape(-1, waveform.shape[-1]).T.numpy()
    library.write(page, values, rate, subtype=supported_subtype(format_, subtype), format=format_)
    return page.getvalue()


def write_audio(path: Path, waveform: Tensor, rate: int, subtype: str = "PCM_16") -> None:
    """Write a waveform (T,) or (channels, T) as WAV or FLAC, by the suffix of the name.

    Raises AudioError as `audio_bytes` does.
    """
    write_atomic(path, audio_bytes(waveform, rate, path.suffix, subtype))


def file_format(suffix: str) -> str:
    """libsndfile's name of the format; AudioError for other suffixes than .wav and .flac."""
    if suffix.lower() not in EXTENSIONS:
        raise AudioError(f"audio is written as {' or '.join(EXTENSIONS)}; got {suffix!r}")
    return suffix.lower().removeprefix(".").upper()


def supported_subtype(format_: str, subtype: str) -> str:
    """The subtype itself, or the nearest that the format supports (FLAC: at most 24 bits)."""
    if format_ == "FLAC" and subtype not in FLAC_SUBTYPES:
        return "PCM_S8" if subtype == "PCM_U8" else "PCM_24"
    return "PCM_U8" if format_ == "WAV" and subtype == "PCM_S8" else subtype


def _library() -> soundfile:
    try:
        import soundfile  # only here: it loads a shared library
    except (ImportError, OSError) as error:
        raise AudioError(f"audio is read by soundfile: pip install soundfile ({error})") from None
    return soundfile


def _name(path: Path | BinaryIO) -> str:
    return str(path) if isinstance(path, str | Path) else "the audio"


def _why(path: Path | BinaryIO, error: Exception) -> str:
    if isinstance(path, str | Path):
        if not Path(path).exists():
            return "there is no such file"
        if Path(path).is_dir():
            return "it is a folder"
        if not Path(path).stat().st_size:
            return "it has 0 bytes"
    return str(error)

"""Audio files of any rate, 8 to 32 bits or floats, any number of channels.

WAV and FLAC are read and written; MP3 and Ogg (Vorbis and Opus) are read.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import torch
from torch import Tensor

from gansmith.core.files import write_atomic

if TYPE_CHECKING:
    import soundfile

WRITTEN = (".wav", ".flac")
EXTENSIONS = (*WRITTEN, ".mp3", ".ogg", ".opus")
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "MP3", "OGG")
LOSSY = FORMATS[-2:]  # what they hold goes beyond [-1, 1] where the sound was loud
RATES = (1000, 768_000)  # samples a second
MOST = 1 << 28  # values of one file that are read into memory
BLOCK = 1 << 18  # values that are read in one go
UNKNOWN = 1 << 40  # so many samples are announced by a header that does not know
PIPED = 0x7FFF0000  # bytes, or more, that the header of a WAV announces when it went to a pipe
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


class AudioFile:
    """An open file, which is read from its beginning to its end, block by block.

    rate: samples a second. subtype: as in `Recording`. frames: how many samples of each channel its
    header announces, None where it does not say, as in a file that was written to a pipe.
    Raises AudioError when it does not exist, is of no format in FORMATS, is damaged, is a WAV that
    ends before its header says, has a rate out of RATES, or no sample.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        library = _library()
        self.name = str(source) if isinstance(source, str | Path) else "the audio"
        if isinstance(source, str | Path) and (why := _no_file(Path(source))):
            raise AudioError(f"{self.name} cannot be read as audio: {why}")
        _check_wav(source, self.name)
        try:
            self._file = library.SoundFile(source)
        except (library.LibsndfileError, TypeError, OSError) as error:
            raise AudioError(f"{self.name} cannot be read as audio: {error}") from error
        # After each block soundfile would seek to where it is, which fails in a FLAC whose header
        # announces no length.
        self._file.seekable = lambda: False
        self.rate, self.channels = self._file.samplerate, self._file.channels
        self.subtype, format_ = self._file.subtype, self._file.format
        self.frames = self._file.frames if self._file.frames < UNKNOWN else None
        if format_ not in FORMATS:
            raise AudioError(f"{self.name} is {format_}; audio is read from {' '.join(EXTENSIONS)}")
        if self.frames == 0:
            raise AudioError(f"{self.name} is empty: it has no sample")
        if not RATES[0] <= self.rate <= RATES[1]:
            raise AudioError(
                f"{self.name} has {self.rate} samples a second; rates go from {RATES[0]} to "
                f"{RATES[1]}"
            )
        self._lossy = format_ in LOSSY

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def blocks(self) -> Iterator[np.ndarray]:
        """The samples in order, float32 (n, channels) in [-1, 1].

        Raises AudioError for damage, for an end before 95 % of what the header announces, for
        values that are not finite, and for floats beyond [-1, 1].
        """
        count, size = 0, max(1, BLOCK // self.channels)
        try:
            while len(values := self._file.read(size, dtype="float32", always_2d=True)):
                count += len(values)
                yield _check_samples(values, self.name, self._lossy)
        except _library().LibsndfileError as error:
            raise AudioError(
                f"{self.name} is damaged or cut: after {count} samples it cannot be read further"
            ) from error
        if count < 0.95 * (self.frames or 1):  # the header of an MP3 may only be near the truth
            raise AudioError(f"{self.name} was cut: it ends after {count} of {self.frames} samples")

    def mono(self) -> Iterator[np.ndarray]:
        """The mean of the channels, block by block, float32 (n,).

        Raises AudioError as `blocks` does, and for more than MOST samples.
        """
        return self._up_to_most(block.mean(1) for block in self.blocks())

    def _up_to_most(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        size = 0
        for block in blocks:
            size += block.size
            if size > MOST:
                raise AudioError(f"{self.name} has more than {MOST:,} samples: cut it")
            yield block


def read_audio(source: Path | BinaryIO) -> Recording:
    """The whole of a file.

    Raises AudioError as `AudioFile` does, and for more than MOST values.
    """
    with AudioFile(source) as file:
        values = np.concatenate(list(file._up_to_most(file.blocks())))
        return Recording(torch.from_numpy(values.T.copy()), file.rate, file.subtype)


def read_mono(source: Path | BinaryIO, seconds: float = math.inf) -> tuple[Tensor, int]:
    """The mean of the channels of a file, (T,), and its rate.

    seconds: what comes later is not read. Raises AudioError as `read_audio` does.
    """
    with AudioFile(source) as file:
        stop = None if seconds == math.inf else round(seconds * file.rate)
        count = stop and -(-stop // max(1, BLOCK // file.channels))
        values = np.concatenate(list(islice(file.mono(), count)))
        return torch.from_numpy(values[:stop]), file.rate


def _check_samples(values: np.ndarray, where: str, lossy: bool) -> np.ndarray:
    """The samples, clipped to [-1, 1] where rounding, or a lossy format, went past it."""
    if not np.isfinite(values).all():
        raise AudioError(f"{where} has values that are not finite; repair or remove it")
    peak = float(np.abs(values).max(initial=0))
    if peak > MAX_PEAK and not lossy:
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
    if suffix.lower() not in WRITTEN:
        raise AudioError(f"audio is written as {' or '.join(WRITTEN)}; got {suffix!r}")
    return suffix.lower().removeprefix(".").upper()


def supported_subtype(format_: str, subtype: str) -> str:
    """The subtype itself, or the nearest that the format supports (FLAC: at most 24 bits).

    16 bits stand for those of formats that are only read.
    """
    if subtype in ("VORBIS", "OPUS") or subtype.startswith("MPEG"):
        return "PCM_16"
    if format_ == "FLAC" and subtype not in FLAC_SUBTYPES:
        return "PCM_S8" if subtype == "PCM_U8" else "PCM_24"
    return "PCM_U8" if format_ == "WAV" and subtype == "PCM_S8" else subtype


def _library() -> soundfile:
    try:
        import soundfile  # only here: it loads a shared library
    except (ImportError, OSError) as error:
        raise AudioError(f"audio is read by soundfile: pip install soundfile ({error})") from None
    return soundfile


def _no_file(path: Path) -> str:
    """Why there is nothing to be read at a path, or ""."""
    if path.is_file():
        return "" if path.stat().st_size else "it has 0 bytes"
    if path.is_dir():
        return "it is a folder"
    return "it is a pipe or a device" if path.exists() else "there is no such file"


def _check_wav(source: Path | BinaryIO, name: str) -> None:
    """Raises AudioError for a WAV that is shorter than its header says: libsndfile takes it."""
    with open(source, "rb") if isinstance(source, str | Path) else nullcontext(source) as file:
        announced, there = _sound_of_wav(file)
        file.seek(0)
    if there < announced < PIPED:
        raise AudioError(
            f"{name} was cut: it has {there} of the {announced} bytes of sound that its header "
            "announces"
        )


def _sound_of_wav(file: BinaryIO) -> tuple[int, int]:
    """The bytes of sound that a WAV announces, and those that it has; 0 and 0 for other formats."""
    if not file.read(12).startswith(b"RIFF"):
        return 0, 0
    while len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], "little")
        if chunk.startswith(b"data"):
            start = file.tell()
            return size, file.seek(0, io.SEEK_END) - start
        file.seek(size + size % 2, io.SEEK_CUR)
    return 0, 0

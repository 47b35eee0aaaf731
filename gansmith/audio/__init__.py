"""Sound: files in and out, rates, spectra. A sound is float32 (..., T) in [-1, 1]."""

from __future__ import annotations

from gansmith.audio.files import (
    EXTENSIONS,
    Recording,
    SoundError,
    mono,
    open_sound,
    read_sound,
    sound_bytes,
    write_sound,
)
from gansmith.audio.rates import resample
from gansmith.audio.spectra import (
    FLOOR,
    decibels,
    istft,
    log_mel,
    log_spectrum,
    mel_bands,
    stft,
    window_size,
)

__all__ = [
    "EXTENSIONS",
    "FLOOR",
    "Recording",
    "SoundError",
    "decibels",
    "istft",
    "log_mel",
    "log_spectrum",
    "mel_bands",
    "mono",
    "open_sound",
    "read_sound",
    "resample",
    "sound_bytes",
    "stft",
    "window_size",
    "write_sound",
]

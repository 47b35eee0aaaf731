"""Audio: files, sample rates, spectra. A waveform is float32 (..., T) in [-1, 1]."""

from __future__ import annotations

from gansmith.audio.files import (
    EXTENSIONS,
    AudioError,
    Recording,
    audio_bytes,
    open_audio,
    read_audio,
    to_mono,
    write_audio,
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
    "AudioError",
    "Recording",
    "audio_bytes",
    "decibels",
    "istft",
    "log_mel",
    "log_spectrum",
    "mel_bands",
    "open_audio",
    "read_audio",
    "resample",
    "stft",
    "to_mono",
    "window_size",
    "write_audio",
]

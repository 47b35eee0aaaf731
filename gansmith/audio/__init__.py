"""Audio: files, sample rates, spectra. A waveform is float32 (..., T) in [-1, 1]."""

from __future__ import annotations

from gansmith.audio.files import (
    EXTENSIONS,
    WRITTEN,
    AudioError,
    AudioFile,
    Recording,
    audio_bytes,
    read_audio,
    read_mono,
    to_mono,
    write_audio,
)
from gansmith.audio.rates import in_pieces, resample, resample_blocks
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
    "WRITTEN",
    "AudioError",
    "AudioFile",
    "Recording",
    "audio_bytes",
    "decibels",
    "in_pieces",
    "istft",
    "log_mel",
    "log_spectrum",
    "mel_bands",
    "read_audio",
    "read_mono",
    "resample",
    "resample_blocks",
    "stft",
    "to_mono",
    "window_size",
    "write_audio",
]

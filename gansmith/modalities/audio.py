"""Audio: waveforms, float32 (N, T) in [-1, 1]."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from gansmith.audio import write_audio
from gansmith.core.images import png_bytes
from gansmith.data import DataError, Dataset
from gansmith.metrics import Better, Features, Measured, available_audio, evaluate_audio
from gansmith.metrics.audio_report import average_spectrum, spectrum_distance
from gansmith.modalities.base import Sheet
from gansmith.modalities.evidence import Evidence
from gansmith.rendering.grid import make_grid, named_rows, stacked_rows
from gansmith.rendering.spectrogram import spectrograms

SHOWN = 12  # waveforms on a sheet
IN_A_ROW = 6


class Audio:
    """Waveforms. The score is the distance between average log spectra."""

    kind = "audio"
    field = "real"
    score_name = "distance of average log spectra, dB"
    score_count = 100  # a waveform is much longer than an image is large
    sheet_count = SHOWN
    compare_count = 12
    caption = "Log spectra. Rows, where audio is the condition: given, generated, clean."
    wide = False
    output = "waveforms in [-1, 1]"

    def score(self, samples: Tensor, dataset: Dataset) -> float:
        """Root mean square difference of the average log spectra, in decibels."""
        train = dataset.train["real"][: len(samples)]
        ours, theirs = (average_spectrum(x, dataset.spec.rate) for x in (samples, train))
        return spectrum_distance(ours, theirs)

    def measure(
        self,
        samples: Tensor,
        dataset: Dataset,
        *,
        features: Features | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> dict[str, Measured]:
        """See `evaluate_audio`."""
        held_out, train = dataset.held_out["real"], dataset.train["real"]
        return evaluate_audio(
            generated=samples, held_out=held_out, train=train, rate=dataset.spec.rate, only=only
        )

    def available(self, dataset: Dataset) -> dict[str, Better]:
        """The numbers of `evaluate_audio`."""
        return available_audio()

    def sheet(self, samples: Tensor, dataset: Dataset, conditions: Tensor | None = None) -> Sheet:
        """Spectra: rows of what was given, generated, true; or of samples alone."""
        rate = dataset.spec.rate
        if conditions is None:
            return Sheet(".png", png_bytes(make_grid(spectrograms(samples, rate), IN_A_ROW)))
        count = min(len(samples), SHOWN)
        real = dataset.held_out["real"]
        true = real[torch.arange(count) % len(real)]
        alike = [x[:count] for x in (conditions, samples, true) if x.shape[1:] == true.shape[1:]]
        rows = [spectrograms(x, rate) for x in alike]
        return Sheet(".png", png_bytes(stacked_rows(rows, IN_A_ROW)))

    def save(self, pieces: Iterable[Tensor], out: Path, dataset: Dataset) -> None:
        """A WAV for each waveform."""
        for place, waveform in enumerate(waveform for piece in pieces for waveform in piece.cpu()):
            write_audio(out / f"{place:05d}.wav", waveform, dataset.spec.rate)

    def compare(self, named: Mapping[str, Tensor], dataset: Dataset) -> Sheet:
        """A row of spectra for each name."""
        rate = dataset.spec.rate
        return Sheet(
            ".png", named_rows({name: spectrograms(x[:SHOWN], rate) for name, x in named.items()})
        )

    def evidence(self, samples: Tensor, dataset: Dataset, seed: int) -> Evidence:
        """There are no verdicts on audio yet."""
        raise DataError("audio cannot be diagnosed; `gansmith evaluate` measures it")

    def code(self, name: str, y: Tensor) -> list[str]:
        """Waveforms are read as they are."""
        return []

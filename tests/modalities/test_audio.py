"""Audio: spectra, files, comparisons and numbers."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gansmith.audio import read_audio
from gansmith.core.rng import Rng
from gansmith.data import DataError, Dataset, open_data
from gansmith.metrics import audio_report
from gansmith.modalities import MODALITIES

AUDIO = MODALITIES["audio"]


def few(dataset: Dataset) -> Dataset:
    """The data set with 60 of its training and held-out examples, of all classes."""
    parts = [
        {name: rows[:: len(rows) // 60][:60] for name, rows in part.items()}
        for part in (dataset.train, dataset.held_out)
    ]
    return replace(dataset, train=parts[0], held_out=parts[1])


@cache
def spoken() -> Dataset:
    return few(open_data("spoken-digits"))


@cache
def noisy() -> Dataset:
    return few(open_data("noisy:spoken-digits"))


def size(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as page:
        return page.size


def test_sheets_show_spectra_and_rows_of_what_was_given_generated_and_true() -> None:
    alone = AUDIO.sheet(spoken().train["real"][:12], spoken())
    width, height = size(alone.content)
    assert height > 2 * 129
    given = noisy().conditions(noisy().held_out, 12)
    beside = AUDIO.sheet(noisy().held_out["real"][:12], noisy(), given)
    assert size(beside.content)[0] == width
    assert size(beside.content)[1] > 2.8 * height


def test_a_condition_of_another_length_is_not_shown() -> None:
    waves = spoken().held_out["real"][:6]
    by_class = AUDIO.sheet(waves, spoken(), torch.arange(6))
    assert (
        size(by_class.content)[1]
        < size(AUDIO.sheet(waves, noisy(), noisy().conditions(noisy().held_out, 6)).content)[1]
    )


def test_every_waveform_is_a_file(tmp_path: Path) -> None:
    waves = 0.5 * Rng(1).normal(3, 4096).clamp(-1, 1)
    AUDIO.save([waves], tmp_path / "out", spoken())
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["00000.wav", "00001.wav", "00002.wav"]
    found = read_audio(tmp_path / "out" / "00001.wav")
    assert found.rate == 8000
    assert (found.waveform[0] - waves[1]).abs().max() < 2**-14


def test_a_comparison_has_a_row_for_each_name() -> None:
    waves = spoken().train["real"][:12]
    one, two = (size(AUDIO.compare(dict.fromkeys(x, waves), spoken()).content) for x in ("a", "ab"))
    assert two[1] == pytest.approx(2 * one[1], abs=2)


def test_real_audio_scores_lower_than_noise() -> None:
    real = AUDIO.score(spoken().train["real"], spoken())
    assert real == pytest.approx(0, abs=1e-6)  # the very reference
    assert AUDIO.score(Rng(1).normal(60, 8192).clamp(-1, 1), spoken()) > 5


def test_only_the_wanted_numbers_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    waves = spoken().train["real"][:20]
    with monkeypatch.context() as patch:
        patch.setattr(audio_report, "log_spectral_spread", refuse)
        assert list(AUDIO.measure(waves, spoken(), only=["spectrum"])) == ["spectrum"]
        with pytest.raises(AssertionError, match="computed"):
            AUDIO.measure(waves, spoken())
    monkeypatch.setattr(audio_report, "average_spectrum", refuse)
    assert list(AUDIO.measure(waves, spoken(), only=["spread"])) == ["spread"]


def test_the_numbers_that_are_named_are_those_that_are_measured() -> None:
    found = AUDIO.measure(spoken().train["real"], spoken())
    assert set(found) == set(AUDIO.available(spoken())) == {"spectrum", "spread"}
    assert found["spectrum"].value < 2


def test_audio_is_not_diagnosed() -> None:
    with pytest.raises(DataError, match="audio cannot be diagnosed; `gansmith evaluate`"):
        AUDIO.evidence(torch.zeros(60, 100), spoken(), 0)
    assert AUDIO.code("G", torch.zeros(16, 100)) == []

"""Audio as a data set: another rate, with conditions, factors and lengths."""

from __future__ import annotations

import pytest
import torch

from gansmith.audio import resample
from gansmith.data import Condition, DataError, open_data
from gansmith.data.audio import audio_dataset, resampled
from gansmith.data.build import with_condition


def test_another_rate_brings_conditions_lengths_and_labels_along() -> None:
    real = torch.sin(torch.arange(64.0)).view(2, 32) / 2
    part = {"real": real, "lengths": torch.tensor([32, 9]), "label": torch.tensor([0, 1])}
    data = audio_dataset("x", part, dict(part), 8000, classes=["a", "b"])
    data = with_condition(data, Condition("waveform", length=32, rate=8000), -real, -real)
    found = resampled(data, 4000)
    assert (found.spec.rate, found.spec.length, found.spec.classes) == (4000, 16, ("a", "b"))
    assert found.spec.condition == Condition("waveform", length=16, rate=4000)
    assert found.train["lengths"].tolist() == [16, 5]
    assert found.train["real"].equal(resample(real, 8000, 4000, 16).clamp(-1, 1))
    assert found.train["condition"].equal(-found.train["real"])
    assert found.train["label"].equal(part["label"])
    assert found.spec.filter == "8000 to 4000 samples a second"
    assert found.spec.fingerprint != data.spec.fingerprint
    assert resampled(data, 8000) is data


def test_factors_survive_another_rate() -> None:
    found = resampled(open_data("spoken-digits"), 4000)
    speakers, _, names = found.labels_of("speaker")
    assert speakers.bincount().tolist() == [250] * 6
    assert names[0] == "george"


@pytest.mark.parametrize(
    ("real", "why"),
    [
        (torch.zeros(2, 3, 4), "needs `real`, float32"),
        (torch.zeros(2, 4).double(), "needs `real`, float32"),
        (torch.full((2, 4), 1.5), "row 0 has a sound that is not finite or leaves"),
        (torch.full((2, 4), float("nan")), "not finite"),
    ],
)
def test_what_is_no_waveform_is_refused(real: torch.Tensor, why: str) -> None:
    with pytest.raises(DataError, match=why):
        audio_dataset("x", {"real": real}, {"real": real}, 8000)

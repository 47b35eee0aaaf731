"""`to-labels:` of any kind of data: the label sets become the output."""

from __future__ import annotations

import pytest
import torch

from gansmith.data import Condition, DataError, Dataset, DataSpec, open_data
from gansmith.data.audio import audio_dataset
from gansmith.data.build import points_dataset, text_dataset, with_condition
from gansmith.data.transforms.swap_labels import as_condition, swap_labels

SETS = torch.tensor([[1.0, 0], [1, 1], [0, 0]])
TAGS = Condition("label-set", ("loud", "short"))


def tagged(dataset: Dataset) -> Dataset:
    return with_condition(dataset, TAGS, SETS, SETS)


def test_label_sets_of_sounds() -> None:
    part = {"real": torch.linspace(-1, 1, 24).view(3, 8)}
    found = swap_labels(tagged(audio_dataset("x", part, dict(part), 8000)))
    assert (found.spec.kind, found.spec.classes, found.spec.name) == (
        "labels", ("loud", "short"), "to-labels:x",
    )  # fmt: skip
    assert found.spec.condition == Condition("waveform", length=8, rate=8000)
    assert found.train["real"].equal(SETS)
    assert found.train["condition"].equal(part["real"])


def test_label_sets_of_sentences_keep_their_words() -> None:
    tokens = torch.tensor([[1, 2], [2, 0], [1, 0]], dtype=torch.int16)
    part = {"tokens": tokens, "lengths": torch.tensor([2, 1, 1])}
    found = swap_labels(tagged(text_dataset("x", part, dict(part), ["<end>", "a", "cat"])))
    assert found.spec.condition == Condition("sentence", vocab=3, length=2)
    assert found.condition_sentences(found.held_out["condition"]) == ["a cat", "cat", "a"]


def test_label_sets_of_points() -> None:
    x = torch.zeros(3, 5)
    found = swap_labels(tagged(points_dataset("x", x, x)))
    assert found.spec.condition == Condition("embedding", width=5)


def test_label_sets_themselves_can_be_a_condition() -> None:
    assert as_condition(DataSpec("labels", "x", classes=("a", "b"))) == Condition(
        "label-set", ("a", "b")
    )


def test_data_without_label_sets_is_refused() -> None:
    for name in ("digits", "faces", "collages"):
        with pytest.raises(DataError, match="has no label sets"):
            open_data(f"to-labels:{name}")

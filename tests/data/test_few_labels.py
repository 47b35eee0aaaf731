"""Few labels: balanced, drawn by a seed, and a labelled and an unlabelled stream."""

from __future__ import annotations

import pytest
import torch

from gansmith.data import DataError, open_data, open_source
from gansmith.data.few_labels import keep_labels


def test_labels_are_kept_in_balance_and_the_others_are_gone() -> None:
    whole, few = open_data("digits"), open_data("digits", labelled=23)
    assert (few.spec.labelled, few.spec.train, few.spec.classes) == (23, 1437, whole.spec.classes)
    counts = few.labelled["label"].bincount(minlength=10)
    assert (counts.min(), counts.max(), counts.sum()) == (2, 3, 23)
    assert set(few.train) == {"real"}
    assert few.train["real"].equal(whole.train["real"])
    assert few.held_out["label"].equal(whole.held_out["label"])
    rows = [
        (whole.train["real"] == x).flatten(1).all(1).nonzero()[0, 0] for x in few.labelled["real"]
    ]
    assert whole.train["label"][torch.stack(rows)].equal(few.labelled["label"])


def test_the_draw_follows_from_the_seed() -> None:
    first, again, other = (open_data("digits", labelled=20, labelled_seed=n) for n in (0, 0, 1))
    assert first.labelled["real"].equal(again.labelled["real"])
    assert not first.labelled["real"].equal(other.labelled["real"])
    prints = {open_data("digits").spec.fingerprint, *(x.spec.fingerprint for x in (first, other))}
    assert len(prints) == 3
    assert first.spec.fingerprint == again.spec.fingerprint


def test_a_labelled_and_an_unlabelled_stream() -> None:
    few = open_data("digits", labelled=10)
    batch = open_source(few, 32, seed=3).at(5)
    assert set(batch) == {"labelled", "labelled_label", "unlabelled"}
    assert batch["labelled_label"].bincount(minlength=10).min() >= 3
    known = {x.numpy().tobytes() for x in few.labelled["real"]}
    assert {x.numpy().tobytes() for x in batch["labelled"]} <= known
    assert not {x.numpy().tobytes() for x in batch["unlabelled"]} <= known


def test_conditions_and_factors_without_labels() -> None:
    few = open_data("spoken-digits", labelled=10)
    assert set(few.train) == {"real", "lengths"}
    assert few.conditions(few.train, 12).tolist() == [*few.labelled["label"].tolist() * 2][:12]
    with pytest.raises(DataError, match="kept the labels of 10"):
        few.labels_of("speaker")


@pytest.mark.parametrize("count", [9, 1438])
def test_fewer_labels_than_classes_or_more_than_examples_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"1437 training examples of 10 classes.*got {count}"):
        open_data("digits", labelled=count)


@pytest.mark.parametrize("name", ["ring", "emoji:noto+twemoji", "collages"])
def test_data_without_classes_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="has no classes"):
        keep_labels(open_data(name), 100)

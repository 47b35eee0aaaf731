"""Numbers of label sets against counting by hand and against trying every threshold."""

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import (
    available_labels,
    best_thresholds,
    evaluate_labels,
    f1_per_label,
    labels,
    micro_f1,
    novel_share,
)


def test_f1_is_counted_as_by_hand():
    made = torch.tensor([[1, 1, 0], [1, 0, 0], [0, 1, 0]]).bool()
    true = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 0]]).bool()
    # the first: 2 hits, 1 missed; the second: 1 hit, 1 wrong, 1 missed; the third is nowhere
    assert f1_per_label(made, true).tolist() == pytest.approx([0.8, 0.5, 1.0])
    assert micro_f1(made, true) == pytest.approx(2 * 3 / (2 * 3 + 3))


def test_sets_that_are_not_known_are_counted():
    sets = torch.tensor([[1, 0], [1, 1], [0, 0], [1, 1]]).bool()
    assert novel_share(sets=sets, known=torch.tensor([[1, 0], [0, 1]]).bool()) == 0.75


@pytest.mark.parametrize("levels", [0, 5])
def test_no_threshold_beats_the_best(levels):
    p = Rng(levels).uniform(200, 3)
    true = Rng(levels, 1).uniform(200, 3) < p * torch.tensor([1.0, 0.5, 0.1])
    if levels:
        p = (p * levels).round() / levels  # many that are equal
    best = best_thresholds(p, true)
    mine = f1_per_label(p > best, true)
    tries = torch.cat([p.double(), torch.zeros(1, 3).double()])
    every = torch.stack([f1_per_label(p > row, true) for row in tries])
    assert torch.allclose(mine, every.amax(0))


def test_perfect_answers_get_perfect_numbers():
    true = (Rng(1).uniform(50, 4) < 0.4).float()
    found = evaluate_labels(predicted=true * 0.8 + 0.1, held_out=true, train=true)
    assert {key: number.value for key, number in found.items()} == {
        "f1": 1.0, "f1_macro": 1.0, "exact": 1.0, "novel": 0.0,
    }  # fmt: skip
    none = evaluate_labels(predicted=1 - true, held_out=true, train=true[:0])
    assert (none["f1"].value, none["exact"].value, none["novel"].value) == (0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="one set of labels"):
        evaluate_labels(predicted=true[:10], held_out=true, train=true)


def test_unwanted_numbers_are_not_computed(monkeypatch):
    true = (Rng(1).uniform(50, 4) < 0.4).float()
    assert {
        key: x.better
        for key, x in evaluate_labels(predicted=true, held_out=true, train=true).items()
    } == (available_labels())

    def refuse(*_):
        raise AssertionError("not wanted")

    monkeypatch.setattr(labels, "novel_share", refuse)
    monkeypatch.setattr(labels, "f1_per_label", refuse)
    assert list(evaluate_labels(predicted=true, held_out=true, train=true, only=["exact"])) == [
        "exact"
    ]
    with pytest.raises(ValueError, match="no number 'accuracy'"):
        evaluate_labels(predicted=true, held_out=true, train=true, only=["accuracy"])

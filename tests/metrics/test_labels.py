"""Numbers of label sets against counting by hand and against trying every threshold."""

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import best_thresholds, evaluate_labels, f1, micro_f1, unseen_share


def test_f1_is_counted_as_by_hand():
    made = torch.tensor([[1, 1, 0], [1, 0, 0], [0, 1, 0]]).bool()
    true = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 0]]).bool()
    # the first: 2 hits, 1 missed; the second: 1 hit, 1 wrong, 1 missed; the third is nowhere
    assert f1(made, true).tolist() == pytest.approx([0.8, 0.5, 1.0])
    assert micro_f1(made, true) == pytest.approx(2 * 3 / (2 * 3 + 3))


def test_sets_that_are_not_known_are_counted():
    sets = torch.tensor([[1, 0], [1, 1], [0, 0], [1, 1]]).bool()
    assert unseen_share(sets, torch.tensor([[1, 0], [0, 1]]).bool()) == 0.75


@pytest.mark.parametrize("levels", [0, 5])
def test_no_threshold_beats_the_best(levels):
    p = Rng(levels).uniform(200, 3)
    true = Rng(levels, 1).uniform(200, 3) < p * torch.tensor([1.0, 0.5, 0.1])
    if levels:
        p = (p * levels).round() / levels  # many that are equal
    best = best_thresholds(p, true)
    mine = f1(p > best, true)
    tries = torch.cat([p.double(), torch.zeros(1, 3).double()])
    every = torch.stack([f1(p > row, true) for row in tries])
    assert torch.allclose(mine, every.amax(0))


def test_perfect_answers_get_perfect_numbers():
    true = (Rng(1).uniform(50, 4) < 0.4).float()
    found = evaluate_labels(true * 0.8 + 0.1, true, true)
    assert {key: number.value for key, number in found.items()} == {
        "f1": 1.0, "f1_macro": 1.0, "exact": 1.0, "unseen": 0.0,
    }  # fmt: skip
    none = evaluate_labels(1 - true, true, true[:0])
    assert (none["f1"].value, none["exact"].value, none["unseen"].value) == (0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="one set of labels"):
        evaluate_labels(true[:10], true, true)

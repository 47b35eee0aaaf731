"""A few examples that stand for a sorted set."""

from __future__ import annotations

import torch

from gansmith.data import Dataset, open_data
from gansmith.data.build import image_dataset
from gansmith.data.domains import domains_dataset
from gansmith.data.spread import example_set, spread_held_out, spread_rows


def sorted_set(count: int = 90, name: str = "sorted") -> Dataset:
    """Three classes, one after the other; the pixels say the row."""
    part = {
        "real": torch.arange(count, dtype=torch.uint8)
        .view(-1, 1, 1, 1)
        .expand(-1, 1, 8, 8)
        .clone(),
        "label": torch.arange(count) * 3 // count,
    }
    return image_dataset(name, part, dict(part), classes=("a", "b", "c"))


def test_rows_are_of_all_classes_alike_in_random_order_and_drawn_by_the_seed() -> None:
    fields = sorted_set().held_out
    rows = spread_rows(fields, 12)
    assert fields["label"][rows].bincount().tolist() == [4, 4, 4]
    assert len(rows.unique()) == 12
    assert rows.tolist() != rows.sort().values.tolist()
    assert rows.equal(spread_rows(fields, 12))
    assert not rows.equal(spread_rows(fields, 12, 1))
    assert spread_rows(fields, 90).equal(torch.arange(90))
    assert spread_rows(fields, 1000).equal(torch.arange(90))
    assert spread_rows(fields, 0).shape == (0,)


def test_without_classes_every_row_is_as_likely() -> None:
    fields = {"real": torch.zeros(40, 2)}
    seen = torch.stack([spread_rows(fields, 10, seed) for seed in range(400)]).flatten().bincount()
    assert len(seen) == 40
    assert 60 < seen.min() <= seen.max() < 140


def test_the_fields_of_a_held_out_example_stay_together() -> None:
    few = spread_held_out(sorted_set(), 30)
    assert few.spec.held_out == len(few.held_out["real"]) == 30
    assert (few.held_out["real"][:, 0, 0, 0].long() * 3 // 90).equal(few.held_out["label"])
    assert few.spec.train == 90


def test_pairs_of_two_domains_stay_together_and_domains_without_pairs_need_not() -> None:
    parts = {"a": sorted_set(90, "one"), "b": sorted_set(90, "two")}
    for paired in (True, False):
        few = spread_held_out(domains_dataset("both", parts, paired=paired), 20)
        a, b = (part.held_out["real"] for part in few.domains.values())
        assert a.equal(b) or not paired
        assert few.held_out["a"].equal(a)
        assert few.held_out["b"].equal(b)
        assert few.spec.held_out == 20
    uneven = domains_dataset("both", {"a": sorted_set(90, "one"), "b": sorted_set(30, "two")})
    few = spread_held_out(uneven, 50)
    assert [part.spec.held_out for part in few.domains.values()] == [50, 30]
    assert few.spec.held_out == 30


def test_the_examples_of_a_run_are_of_all_classes() -> None:
    few = example_set(sorted_set(), 6)
    assert few.held_out["label"].bincount().tolist() == [2, 2, 2]
    names = open_data("emoji-names")
    kept = example_set(names, 50)
    places = [
        (names.held_out["real"] == image).flatten(1).all(1).nonzero()[0].item()
        for image in kept.held_out["real"]
    ]
    assert max(places) > 0.8 * names.spec.held_out

"""Copies of training examples are found, and honest samples are not accused."""

from __future__ import annotations

import math

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    MemorizationReport,
    NearestNeighbors,
    memorization_of_features,
    memorization_report,
    nearest_neighbors,
    nearest_shifted,
)


def draw(seed: int, n: int, d: int = 12) -> torch.Tensor:
    return Rng(seed).normal(n, d).double()


def test_the_nearest() -> None:
    x, y = draw(0, 50), draw(1, 70)
    found = nearest_neighbors(x=x, reference=y, chunk=9)
    distances = torch.cdist(x, y)
    torch.testing.assert_close(found.distance, distances.min(1).values)
    assert torch.equal(found.index, distances.argmin(1))
    torch.testing.assert_close(found.second, distances.sort(1).values[:, 1])
    copy = nearest_neighbors(x=y[[3, 60]], reference=y)
    assert copy.distance.tolist() == [0, 0]
    assert copy.index.tolist() == [3, 60]
    assert nearest_neighbors(x=x[:2], reference=y[:1]).second.tolist() == [torch.inf, torch.inf]


def pictures(n: int) -> torch.Tensor:
    return open_data("fashion").train["real"][:n]


@pytest.mark.parametrize("shift", [(0, 0), (1, -2), (-2, 2)])
@pytest.mark.parametrize("flip", [False, True])
def test_moved_and_mirrored_copies_are_found(shift: tuple[int, int], flip: bool) -> None:
    reference = pictures(300)
    moved = torch.roll(reference[40:60], shift, (2, 3))
    found = nearest_shifted(x=moved.flip(3) if flip else moved, reference=reference, chunk=70)
    assert found.index.tolist() == list(range(40, 60))
    assert float(found.distance.max()) < 1e-3
    assert float(found.second.min()) > 0.01
    if shift != (0, 0):
        plain = nearest_neighbors(
            x=moved.flatten(1).float(), reference=reference.flatten(1).float()
        )
        assert (plain.index == torch.arange(40, 60)).double().mean() < 1


def test_without_a_reach_only_mirrors_are_tried() -> None:
    reference = pictures(50)
    far = nearest_shifted(
        x=torch.roll(reference[:10], (2, 2), (2, 3)), reference=reference, max_shift=0
    )
    assert float(far.distance.min()) > 0.01


@pytest.mark.parametrize("held_out", [20, 50, 160])
@pytest.mark.parametrize("train", [60, 1000])
def test_the_p_value_keeps_its_level(held_out: int, train: int) -> None:
    """Of independent sets p is below any level at most as often: here 200 draws in few dimensions,
    where many samples share a neighbor; five standard errors of room."""
    p = torch.tensor(
        [
            memorization_of_features(
                generated=draw(9 * i, 200, 2),
                train=draw(9 * i + 1, train, 2),
                held_out=draw(9 * i + 2, held_out, 2),
            ).p
            for i in range(1, 201)
        ]
    )
    for level in (0.02, 0.1, 0.3):
        room = 5 * (level * (1 - level) / 200) ** 0.5
        assert float((p < level).double().mean()) <= level + room


def test_the_p_value_by_hand() -> None:
    """3 of 30 samples copy 2 training examples, 1 of 20 held-out examples is as near: of the 3
    lowest of 50, drawn without putting back, at most one is a held-out one."""
    ratio = torch.tensor([0.1, 0.1, 0.25] + [0.9] * 27).double()
    index = torch.tensor([4, 4, 7, *range(10, 37)])
    known = torch.tensor([0.25] + [0.8] * 19).double()
    samples = NearestNeighbors(ratio, index, torch.ones(30).double())
    held = NearestNeighbors(known, torch.arange(20), torch.ones(20).double())
    found = memorization_report(samples=samples, held_out=held, train=100)
    none, one = (math.comb(20, k) * math.comb(30, 3 - k) / math.comb(50, 3) for k in (0, 1))
    assert found.p == pytest.approx(none + one)
    assert (found.copied, found.expected, found.threshold) == (0.1, 0.05, 0.25)
    assert sorted(found.suspects().tolist()) == [0, 1, 2]


def test_copies_in_the_data_are_no_copies_of_the_generator() -> None:
    """A tenth of all sets are training examples: ties at a ratio of 0."""
    train, held, samples = draw(1, 1000), draw(2, 200), draw(3, 400)
    held[:20], samples[:40] = train[:20], train[100:140]
    assert not memorization_of_features(generated=samples, train=train, held_out=held).alarm
    samples[40:200] = train[200:360]
    assert memorization_of_features(generated=samples, train=train, held_out=held).alarm


def test_few_training_examples_copied_many_times_raise_it() -> None:
    train, held = draw(1, 60), draw(2, 40)
    samples = train[Rng(3).integers(60, 500)] + 0.02 * draw(4, 500)
    assert memorization_of_features(generated=samples, train=train, held_out=held).alarm


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_copies_raise_it_also_when_they_are_few(share: float) -> None:
    train, held = draw(1, 2000), draw(2, 500)
    samples = draw(3, 400)
    copies = int(400 * share)
    samples[:copies] = train[100 : 100 + copies] + 0.02 * draw(4, copies)
    found = memorization_of_features(generated=samples, train=train, held_out=held)
    assert found.alarm
    assert found.copied == pytest.approx(share, abs=0.02)
    suspects = found.suspects()[:copies]
    assert (suspects < copies).double().mean() > 0.95
    assert (found.nearest[:copies] == torch.arange(100, 100 + copies)).all()


def test_a_generator_of_few_typical_examples_is_no_copier() -> None:
    """Near to everything: a distance alone would accuse it."""
    train, held = draw(1, 2000), draw(2, 500)
    typical = 0.2 * draw(3, 400)
    assert float(nearest_neighbors(x=typical, reference=train).distance.median()) < 0.8 * float(
        nearest_neighbors(x=held, reference=train).distance.median()
    )
    assert not memorization_of_features(generated=typical, train=train, held_out=held).alarm


def test_moved_copies_of_garments_are_caught_among_pixels() -> None:
    data = open_data("fashion")
    train, held = data.train["real"][:1500], data.held_out["real"][:400]
    moved = torch.roll(train[:100], (2, -1), (2, 3))
    known = nearest_shifted(x=held, reference=train)

    def report(samples: torch.Tensor) -> MemorizationReport:
        return memorization_report(
            samples=nearest_shifted(x=samples, reference=train), held_out=known, train=len(train)
        )

    assert report(moved).alarm
    assert not report(data.held_out["real"][400:500]).alarm


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="20 held-out examples or more; got 10"):
        memorization_of_features(generated=draw(0, 30), train=draw(1, 30), held_out=draw(2, 10))
    with pytest.raises(ValueError, match="one shape"):
        nearest_shifted(x=torch.zeros(1, 1, 8, 8), reference=torch.zeros(1, 1, 9, 9))
    with pytest.raises(ValueError, match="leave nothing of 8x8"):
        nearest_shifted(x=torch.zeros(1, 1, 8, 8), reference=torch.zeros(1, 1, 8, 8), max_shift=4)

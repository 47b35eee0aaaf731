"""Copies of training examples are found, and honest samples are not accused."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    MemorizationReport,
    memorization_of_features,
    memorization_report,
    nearest_neighbors,
    nearest_shifted,
)


def draw(seed: int, n: int, d: int = 12) -> torch.Tensor:
    return Rng(seed).normal(n, d).double()


def test_the_nearest() -> None:
    x, y = draw(0, 50), draw(1, 70)
    found = nearest_neighbors(x, y, chunk=9)
    distances = torch.cdist(x, y)
    torch.testing.assert_close(found.distance, distances.min(1).values)
    assert torch.equal(found.index, distances.argmin(1))
    copy = nearest_neighbors(y[[3, 60]], y)
    assert copy.distance.tolist() == [0, 0]
    assert copy.index.tolist() == [3, 60]


def test_a_row_is_not_its_own_neighbour() -> None:
    y = draw(0, 30)
    found = nearest_neighbors(y, y, exclude_self=True, chunk=7)
    assert (found.index != torch.arange(30)).all()
    assert found.distance.min() > 0


def pictures(n: int) -> torch.Tensor:
    return open_data("fashion").train["real"][:n]


@pytest.mark.parametrize("shift", [(0, 0), (1, -2), (-2, 2)])
@pytest.mark.parametrize("flip", [False, True])
def test_moved_and_mirrored_copies_are_found(shift: tuple[int, int], flip: bool) -> None:
    reference = pictures(300)
    moved = torch.roll(reference[40:60], shift, (2, 3))
    found = nearest_shifted(moved.flip(3) if flip else moved, reference, chunk=70)
    assert found.index.tolist() == list(range(40, 60))
    assert float(found.distance.max()) < 1e-3
    if shift != (0, 0):
        plain = nearest_neighbors(moved.flatten(1).float(), reference.flatten(1).float())
        assert (plain.index == torch.arange(40, 60)).double().mean() < 1


def test_without_a_reach_only_mirrors_are_tried() -> None:
    reference = pictures(50)
    far = nearest_shifted(torch.roll(reference[:10], (2, 2), (2, 3)), reference, max_shift=0)
    assert float(far.distance.min()) > 0.01


def test_honest_samples_raise_no_alarm() -> None:
    alarms = [
        memorization_of_features(
            draw(9 * i, 400), draw(9 * i + 1, 2000), draw(9 * i + 2, 500)
        ).alarm
        for i in range(1, 41)
    ]
    assert len(alarms) == 40
    assert not any(alarms)


def test_chance_is_the_share_of_the_training_set() -> None:
    found = memorization_of_features(draw(0, 3000), draw(1, 1500), draw(2, 500))
    assert found.chance == 0.75
    assert found.closer == pytest.approx(0.75, abs=0.03)
    assert found.copied < 0.02


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_copies_raise_it_also_when_they_are_few(share: float) -> None:
    train, held = draw(1, 2000), draw(2, 500)
    samples = draw(3, 400)
    copies = int(400 * share)
    samples[:copies] = train[100 : 100 + copies] + 0.02 * draw(4, copies)
    found = memorization_of_features(samples, train, held)
    assert found.alarm
    assert found.copied == pytest.approx(share, abs=0.02)
    suspects = found.suspects()[:copies]
    assert (suspects < copies).double().mean() > 0.95
    assert (found.nearest[:copies] == torch.arange(100, 100 + copies)).all()


def test_a_generator_of_few_typical_examples_is_no_copier() -> None:
    """Near to everything: a distance alone would accuse it."""
    train, held = draw(1, 2000), draw(2, 500)
    typical = 0.2 * draw(3, 400)
    assert float(nearest_neighbors(typical, train).distance.median()) < 0.8 * float(
        nearest_neighbors(held, train).distance.median()
    )
    assert not memorization_of_features(typical, train, held).alarm


def test_moved_copies_of_garments_are_caught_among_pixels() -> None:
    data = open_data("fashion")
    train, held = data.train["real"][:1500], data.held_out["real"][:400]
    moved = torch.roll(train[:100], (2, -1), (2, 3))

    def report(samples: torch.Tensor) -> MemorizationReport:
        return memorization_report(
            nearest_shifted(samples, train),
            nearest_shifted(samples, held),
            nearest_shifted(held[:200], train),
            nearest_shifted(held[:200], held[200:]),
            len(train),
        )

    assert report(moved).alarm
    assert not report(data.held_out["real"][400:500]).alarm


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="20 held-out examples or more; got 10"):
        memorization_of_features(draw(0, 30), draw(1, 30), draw(2, 10))
    with pytest.raises(ValueError, match="one shape"):
        nearest_shifted(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 9, 9))
    with pytest.raises(ValueError, match="leave nothing of 8x8"):
        nearest_shifted(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8), max_shift=4)

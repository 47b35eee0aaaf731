"""The birthday paradox on planted supports and on real pictures."""

from __future__ import annotations

import math

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import (
    duplicate_probability,
    duplicate_threshold,
    load_judge,
    support_for_probability,
    support_size,
)


def test_the_birthdays_of_a_class() -> None:
    assert duplicate_probability(365, 23) == pytest.approx(0.5073, abs=1e-4)
    exact = 1 - math.prod(1 - i / 50 for i in range(10))
    assert duplicate_probability(50, 10) == pytest.approx(exact, abs=1e-12)
    assert duplicate_probability(10, 11) == 1


def test_half_of_the_time_among_400() -> None:
    """115,260 faces; s^2 / (2 log 2) = 115,416 is near, s squared = 160,000 is not."""
    half = support_for_probability(400)
    assert 1 - math.prod(1 - i / half for i in range(400)) == pytest.approx(0.5, abs=1e-9)
    assert half == pytest.approx(115_260, abs=1)
    assert half == pytest.approx(400**2 / (2 * math.log(2)), rel=2e-3)
    assert duplicate_probability(support_for_probability(30, 0.9), 30) == pytest.approx(0.9)


@pytest.mark.parametrize("size", [50, 500, 5000])
def test_planted_supports_are_found_within_a_factor_of_two(size: int) -> None:
    support = Rng(0).normal(size, 6).double()
    found = [support_size(support[Rng(i).integers(size, 1000)]) for i in range(1, 41)]
    good = [size / 2 < one.estimate < 2 * size for one in found]
    assert sum(good) >= 38
    inside = [one.low <= size <= one.high for one in found]
    assert sum(inside) >= 36


def test_near_copies_count_with_a_threshold() -> None:
    support = Rng(0).normal(100, 6).double()
    samples = support[Rng(1).integers(100, 600)] + 0.001 * Rng(2).normal(600, 6)
    assert support_size(samples).pairs == 0
    found = support_size(samples, 0.05, chunk=70)
    assert found.estimate == pytest.approx(100, rel=0.2)


def test_no_pair_gives_a_lower_bound() -> None:
    found = support_size(Rng(0).normal(200, 6).double())
    assert (found.estimate, found.high, found.pairs, found.samples) == (math.inf, math.inf, 0, 200)
    assert found.low == pytest.approx(200 * 199 / 2 / 3.689, rel=1e-3)


def test_unequal_examples_read_lower() -> None:
    """It estimates 1 / sum p^2."""
    p = torch.tensor([0.5] + [0.5 / 99] * 99)
    torch.manual_seed(0)
    found = support_size(torch.multinomial(p, 2000, True)[:, None].double())
    assert found.estimate == pytest.approx(1 / float((p**2).sum()), rel=0.1)


def test_calibrated_on_real_pictures_it_finds_a_collapse() -> None:
    data = open_data("fashion")
    judge = load_judge("fashion")
    real, _ = judge.extract(data.train["real"][:2000])
    held, _ = judge.extract(data.held_out["real"][:1000])
    threshold = duplicate_threshold(real, 1e-6)
    few = held[Rng(0).integers(60, 1000)] + 0.1 * threshold / 8 * Rng(1).normal(1000, 64)
    collapsed, honest = support_size(few, threshold), support_size(held, threshold)
    assert collapsed.estimate == pytest.approx(60, rel=0.5)
    assert honest.low > 10 * collapsed.high


def test_the_threshold_leaves_the_share_it_was_asked_for() -> None:
    x = Rng(0).normal(600, 4).double()
    t = duplicate_threshold(x, 1e-3, chunk=77)
    distances = torch.pdist(x)
    assert float((distances <= t * (1 + 1e-9)).double().mean()) == pytest.approx(1e-3, abs=1e-5)
    assert duplicate_threshold(x, 0) == pytest.approx(float(distances.min()))


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        support_size(torch.zeros(3, 2), -1)
    with pytest.raises(ValueError, match=r"in \[0, 1\)"):
        duplicate_threshold(torch.zeros(3, 2), 1)
    with pytest.raises(ValueError, match="2 or more samples"):
        support_for_probability(1)


def test_exact_copies_only_without_a_threshold() -> None:
    x = Rng(0).normal(50, 6).double()
    assert support_size(torch.cat([x, x[:3], x[10:30] + 1e-9])).pairs == 3
    assert support_size(1e6 + torch.cat([x, x[:3], x[10:30] + 1e-9])).pairs == 3
    far = torch.full((1, 6), 1e9).double()
    assert support_size(torch.cat([x, x[:3], x[10:30] + 1e-9, far])).pairs == 3


@pytest.mark.parametrize(
    ("support", "samples", "probability"),  # by mpmath, 50 digits
    [
        (1e10, 100, 4.9499987912926941e-7),
        (1e15, 1000, 4.9949999987541629e-10),
        (1e6, 1000, 0.39326702855852065),
        (365, 23, 0.50729723432398540),
    ],
)
def test_probabilities_keep_their_digits(support: float, samples: int, probability: float) -> None:
    assert duplicate_probability(support, samples) == pytest.approx(probability, rel=1e-12)


@pytest.mark.parametrize("samples", [2, 50, 400])
@pytest.mark.parametrize("probability", [1e-12, 1e-6, 0.5, 0.99])
def test_the_support_at_any_probability(samples: int, probability: float) -> None:
    support = support_for_probability(samples, probability)
    assert duplicate_probability(support, samples) == pytest.approx(probability, rel=1e-6)

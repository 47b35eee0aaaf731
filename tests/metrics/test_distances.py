"""Distances between clouds against closed forms and an independent solver."""

from __future__ import annotations

import math

import ot
import pytest
import torch
from scipy import stats

from gansmith.core.rng import Rng
from gansmith.metrics import energy_distance, sliced_wasserstein, wasserstein_1d


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 71), (1, 9)])
def test_wasserstein_on_the_line(n: int, m: int) -> None:
    x, y = Rng(0, n).normal(n).double(), 2 * Rng(1, m).normal(m).double() + 0.5
    expected = stats.wasserstein_distance(x.numpy(), y.numpy())
    assert wasserstein_1d(x, y) == pytest.approx(expected, abs=1e-12)


def test_a_shift_costs_its_length() -> None:
    x = Rng(2).normal(80)
    assert wasserstein_1d(x, x + 3) == pytest.approx(3, abs=1e-6)
    assert wasserstein_1d(x, x) == 0


@pytest.mark.parametrize("m", [60, 83])
def test_sliced_is_the_mean_over_directions(m: int) -> None:
    x, y = Rng(3).normal(60, 3).double(), Rng(4).normal(m, 3).double() + 1
    directions = Rng(9).normal(3, 5).double()
    directions = directions / directions.norm(dim=0)
    costs = [ot.emd2_1d((x @ v).numpy(), (y @ v).numpy(), metric="euclidean") for v in directions.T]
    value = sliced_wasserstein(x, y, projections=5, seed=9)
    assert value == pytest.approx(sum(costs) / 5, abs=1e-10)


def test_sliced_shift_in_the_plane() -> None:
    # a shift by t costs t E|cos| = 2t/pi on average over directions in the plane
    x = Rng(5).normal(40, 2).double()
    value = sliced_wasserstein(x, x + torch.tensor([3.0, 4.0]), projections=4000, seed=1)
    assert value == pytest.approx(5 * 2 / math.pi, rel=0.02)


def test_sliced_depends_on_the_seed_alone() -> None:
    x, y = Rng(6).normal(40, 2), Rng(7).normal(40, 2)
    assert sliced_wasserstein(x, y, seed=3) == sliced_wasserstein(x, y, seed=3)
    assert sliced_wasserstein(x, y, seed=3) != sliced_wasserstein(x, y, seed=4)


def test_energy_of_two_points_and_of_scipy() -> None:
    assert energy_distance(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])) == pytest.approx(10)
    x, y = Rng(8).normal(30).double(), Rng(9).normal(44).double() + 1
    root = stats.energy_distance(x.numpy(), y.numpy())
    value = energy_distance(x.view(-1, 1), y.view(-1, 1))
    assert value == pytest.approx(root**2, abs=1e-10)


def test_energy_is_zero_only_for_equal_sets_and_does_not_depend_on_chunks() -> None:
    x, y = Rng(10).normal(50, 2), Rng(11).normal(60, 2)
    assert energy_distance(x, x) == 0
    assert energy_distance(x, y, chunk=7) == pytest.approx(energy_distance(x, y), rel=1e-12)
    assert energy_distance(x, y) > 0


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="points"):
        energy_distance(torch.zeros(3, 2), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="NaN"):
        sliced_wasserstein(torch.full((3, 2), math.inf), torch.zeros(3, 2))

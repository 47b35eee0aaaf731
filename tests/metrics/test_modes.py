"""Ring and grid metrics on planted samples."""

from __future__ import annotations

import math

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import grid_modes, mode_report, ring_modes


def test_centres_of_ring_and_grid() -> None:
    ring, grid = ring_modes(), grid_modes()
    assert ring.shape == (8, 2)
    assert grid.shape == (25, 2)
    torch.testing.assert_close(ring.norm(dim=1), torch.ones(8).double())
    torch.testing.assert_close(torch.pdist(grid).min().item(), 2.0)
    torch.testing.assert_close(grid.mean(0), torch.zeros(2).double())
    assert grid.abs().max() == 4


def test_a_perfect_sampler() -> None:
    modes = grid_modes()
    points = modes.repeat(100, 1) + 0.05 * Rng(0).normal(2500, 2)
    report = mode_report(points, modes, 0.05)
    assert (report.modes, report.captured, report.captured_20, report.samples) == (25, 25, 25, 2500)
    # within 3 std in two dimensions: 1 - exp(-9/2)
    assert report.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.006)


def test_chance_hits_count_for_one_but_not_for_twenty() -> None:
    modes = ring_modes()
    points = torch.cat([modes[:1].repeat(981, 1), modes[1:2].repeat(19, 1), torch.zeros(1000, 2)])
    report = mode_report(points, modes, 0.01)
    assert (report.captured, report.captured_20, report.high_quality) == (2, 1, 0.5)
    assert report.counts == (981, 19, 0, 0, 0, 0, 0, 0)


def test_the_border_is_at_three_deviations() -> None:
    modes = torch.zeros(1, 2)
    inside, outside = torch.tensor([[2.999, 0.0]]), torch.tensor([[3.001, 0.0]])
    assert mode_report(inside, modes, 1.0).captured == 1
    report = mode_report(outside, modes, 1.0)
    assert (report.captured, report.high_quality) == (0, 0.0)


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="std=0"):
        mode_report(torch.zeros(3, 2), ring_modes(), 0.0)
    with pytest.raises(ValueError, match="3 and 2 dimensions"):
        mode_report(torch.zeros(3, 3), ring_modes(), 0.1)

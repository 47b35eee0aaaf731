"""Precision and recall on planted sets."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import precision_recall
from gansmith.metrics.precision_recall import knn_radii


def blobs(seed: int, modes: int, each: int = 40) -> torch.Tensor:
    centres = 100.0 * torch.eye(8)[:modes]
    return (centres.repeat_interleave(each, 0) + Rng(seed).normal(modes * each, 8)).double()


def test_the_same_set() -> None:
    x = blobs(0, 4)
    found = precision_recall(x, x)
    assert (found.precision, found.recall, found.generated, found.real) == (1.0, 1.0, 160, 160)


def test_the_same_set_with_many_repetitions() -> None:
    x = Rng(7).normal(20, 64).double().repeat(5, 1)  # every radius is 0 but for rounding
    found = precision_recall(x, x[torch.arange(99, -1, -1)], chunk=17)
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_far_sets() -> None:
    x = blobs(1, 4)
    found = precision_recall(x + 1e4, x)
    assert (found.precision, found.recall) == (0.0, 0.0)


def test_half_the_modes_dropped() -> None:
    real = blobs(2, 4)
    found = precision_recall(real[:80], real)
    assert found.precision == 1.0
    assert found.recall == 0.5


def test_half_the_samples_invented() -> None:
    real = blobs(3, 2)
    found = precision_recall(blobs(4, 4), real)
    assert found.precision == pytest.approx(0.5, abs=0.12)
    assert found.recall > 0.75


def test_against_the_definition_and_at_any_chunk() -> None:
    fake, real = Rng(5).normal(90, 3).double(), Rng(6).normal(110, 3).double()

    def share(points: torch.Tensor, manifold: torch.Tensor) -> float:
        reach = torch.cdist(manifold, manifold).sort(1).values[:, 3]
        covered = (torch.cdist(points, manifold) <= reach).any(1)
        return float(covered.double().mean())

    for chunk in (1, 7, 64, 1000):
        found = precision_recall(fake, real, chunk=chunk)
        assert found.precision == pytest.approx(share(fake, real), abs=1e-12)
        assert found.recall == pytest.approx(share(real, fake), abs=1e-12)


def test_the_kth_neighbour_leaves_the_point_itself_out() -> None:
    line = torch.tensor([[0.0], [1.0], [3.0], [7.0], [15.0]]).double()
    torch.testing.assert_close(knn_radii(line, k=1).sqrt().tolist(), [1.0, 1.0, 2.0, 4.0, 8.0])
    torch.testing.assert_close(knn_radii(line, k=3, chunk=2).sqrt()[0].item(), 7.0)


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="N >= 4"):
        precision_recall(torch.zeros(3, 2), torch.zeros(9, 2))
    with pytest.raises(ValueError, match="k=0"):
        precision_recall(torch.zeros(9, 2), torch.zeros(9, 2), k=0)

"""Precision and recall on planted sets."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import density_coverage, manifold_share, precision_recall
from gansmith.metrics.precision_recall import knn_radii, squared_distances


def blobs(seed: int, modes: int, each: int = 40) -> torch.Tensor:
    centres = 100.0 * torch.eye(8)[:modes]
    return (centres.repeat_interleave(each, 0) + Rng(seed).normal(modes * each, 8)).double()


def test_the_same_set() -> None:
    x = blobs(0, 4)
    found = precision_recall(generated=x, real=x)
    assert (found.precision, found.recall, found.generated, found.real) == (1.0, 1.0, 160, 160)


def test_the_same_set_with_many_repetitions() -> None:
    x = Rng(7).normal(20, 64).double().repeat(5, 1)  # every radius is 0 but for rounding
    found = precision_recall(generated=x, real=x[torch.arange(99, -1, -1)], chunk=17)
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_far_sets() -> None:
    x = blobs(1, 4)
    found = precision_recall(generated=x + 1e4, real=x)
    assert (found.precision, found.recall) == (0.0, 0.0)


def test_half_the_modes_dropped() -> None:
    real = blobs(2, 4)
    found = precision_recall(generated=real[:80], real=real)
    assert found.precision == 1.0
    assert found.recall == 0.5


def test_half_the_samples_invented() -> None:
    real = blobs(3, 2)
    found = precision_recall(generated=blobs(4, 4), real=real)
    assert found.precision == pytest.approx(0.5, abs=0.12)
    assert found.recall > 0.75


def test_against_the_definition_and_at_any_chunk() -> None:
    fake, real = Rng(5).normal(90, 3).double(), Rng(6).normal(110, 3).double()

    def share(points: torch.Tensor, manifold: torch.Tensor) -> float:
        reach = torch.cdist(manifold, manifold).sort(1).values[:, 3]
        covered = (torch.cdist(points, manifold) <= reach).any(1)
        return float(covered.double().mean())

    for chunk in (1, 7, 64, 1000):
        found = precision_recall(generated=fake, real=real, chunk=chunk)
        assert found.precision == pytest.approx(share(fake, real), abs=1e-12)
        assert found.recall == pytest.approx(share(real, fake), abs=1e-12)


def test_the_kth_neighbour_leaves_the_point_itself_out() -> None:
    line = torch.tensor([[0.0], [1.0], [3.0], [7.0], [15.0]]).double()
    torch.testing.assert_close(knn_radii(line, k=1).sqrt().tolist(), [1.0, 1.0, 2.0, 4.0, 8.0])
    torch.testing.assert_close(knn_radii(line, k=3, chunk=2).sqrt()[0].item(), 7.0)


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="N >= 4"):
        precision_recall(generated=torch.zeros(3, 2), real=torch.zeros(9, 2))
    with pytest.raises(ValueError, match="k=0"):
        precision_recall(generated=torch.zeros(9, 2), real=torch.zeros(9, 2), k=0)


def direct(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()


@pytest.mark.parametrize("d", [2, 64])
@pytest.mark.parametrize(("offset", "outlier"), [(0, 0), (1e8, 0), (0, 1e6), (1e3, 1e9)])
def test_squared_distances_are_good_to_nine_digits(d: int, offset: float, outlier: float) -> None:
    x, y = (Rng(i).normal(60, d).double() + offset for i in (1, 2))
    x[5], x[6] = y[7], y[8] + 1e-7
    x[0] += outlier
    y[1] -= outlier
    found, exact = squared_distances(x, y), direct(x, y)
    assert ((found - exact).abs() <= 1e-9 * exact).all()
    assert (found == 0).sum() == 1


@pytest.mark.parametrize("far", [1e3, 1e6, 1e9])
def test_one_far_sample_changes_no_other(far: float) -> None:
    """Neither what it was compared with nor what all others are compared with."""
    fake, real = Rng(5).normal(500, 8).double(), Rng(6).normal(500, 8).double()
    more = torch.cat([fake, torch.full((1, 8), far).double()])
    known, found = (
        density_coverage(generated=fake, real=real),
        density_coverage(generated=more, real=real),
    )
    assert found.density * 501 == pytest.approx(known.density * 500)
    assert found.coverage == known.coverage
    assert round(precision_recall(generated=more, real=real).precision * 501) == round(
        precision_recall(generated=fake, real=real).precision * 500
    )
    assert manifold_share(x=more, manifold=real) * 501 == pytest.approx(
        manifold_share(x=fake, manifold=real) * 500
    )

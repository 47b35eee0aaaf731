"""Density and coverage on planted sets."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import density_coverage, precision_recall


def draw(seed: int, n: int, shift: float = 0.0) -> torch.Tensor:
    return Rng(seed).normal(n, 16).double() + shift


def test_of_one_distribution_they_are_what_theory_says() -> None:
    found = density_coverage(generated=draw(0, 2000), real=draw(1, 2000), k=5)
    assert found.density == pytest.approx(1, abs=0.06)
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.02)
    assert (found.generated, found.real) == (2000, 2000)


def test_half_the_modes_dropped() -> None:
    centres = 100.0 * torch.eye(16, dtype=torch.float64)[:4]
    real = centres.repeat_interleave(100, 0) + draw(0, 400)
    found = density_coverage(
        generated=centres[:2].repeat_interleave(200, 0) + draw(1, 400), real=real
    )
    assert found.coverage == pytest.approx(0.5, abs=0.03)


def test_one_far_real_outlier_does_not_lift_them_as_it_lifts_precision() -> None:
    real = torch.cat([draw(0, 100), draw(1, 1) + 50])
    fake = draw(2, 100) + 20
    assert precision_recall(generated=fake, real=real).precision > 0.9
    assert density_coverage(generated=fake, real=real).density < 0.3
    assert density_coverage(generated=fake, real=real).coverage < 0.02


def test_chunks_do_not_change_them() -> None:
    x, y = draw(0, 100), draw(1, 130)
    assert density_coverage(generated=x, real=y, chunk=7) == density_coverage(generated=x, real=y)


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="N >= 6"):
        density_coverage(generated=draw(0, 5), real=draw(1, 50))

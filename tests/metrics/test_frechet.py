"""The Frechet distance against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gansmith.metrics import Gaussian, fit_gaussian, frechet_distance, frechet_from_features
from gansmith.rng import Rng


def gaussian(mean: Tensor, covariance: Tensor) -> Gaussian:
    return Gaussian(mean.double(), covariance.double(), 1000)


def positive(seed: int, d: int, rank: int | None = None) -> Tensor:
    x = Rng(seed).normal(rank or 2 * d, d).double()
    return x.T @ x / len(x)


def test_one_dimension_is_exact() -> None:
    a = gaussian(torch.tensor([1.0]), torch.tensor([[4.0]]))
    b = gaussian(torch.tensor([-2.0]), torch.tensor([[0.25]]))
    assert frechet_distance(a, b) == pytest.approx(9 + (2 - 0.5) ** 2, abs=1e-12)


def test_commuting_covariances() -> None:
    vectors = torch.linalg.qr(Rng(0).normal(20, 20).double()).Q
    s, t = Rng(1).uniform(20).double() + 0.1, Rng(2).uniform(20).double() + 0.1
    a = gaussian(torch.zeros(20), vectors * s @ vectors.T)
    b = gaussian(torch.ones(20), vectors * t @ vectors.T)
    expected = 20 + float((s.sqrt() - t.sqrt()).square().sum())
    assert frechet_distance(a, b) == pytest.approx(expected, abs=1e-9)


def test_general_covariances_by_eigenvalues_of_the_product() -> None:
    s, t = positive(3, 12), positive(4, 12)
    roots = torch.linalg.eigvals(s @ t).real.clamp(min=0).sqrt().sum()
    expected = float(s.trace() + t.trace() - 2 * roots)
    value = frechet_distance(gaussian(torch.zeros(12), s), gaussian(torch.zeros(12), t))
    assert value == pytest.approx(expected, abs=1e-8)


def test_singular_covariances_fall_back() -> None:
    flat, full = torch.diag(torch.tensor([4.0, 0.0, 1.0])), torch.eye(3)
    a, b = gaussian(torch.zeros(3), flat), gaussian(torch.zeros(3), full)
    assert frechet_distance(a, b) == pytest.approx(1 + 1 + 0, abs=1e-10)
    assert frechet_distance(b, a) == pytest.approx(2, abs=1e-7)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-10)


def test_a_constant_feature_of_real_data_does_no_harm() -> None:
    x = torch.cat([Rng(5).normal(500, 6), torch.zeros(500, 1)], 1)
    assert frechet_from_features(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_from_features(x + 2, x) == pytest.approx(7 * 4, abs=1e-6)


def test_identical_is_zero_and_order_does_not_matter() -> None:
    a = gaussian(Rng(6).normal(16), positive(7, 16))
    b = gaussian(Rng(8).normal(16), positive(9, 16))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)
    assert frechet_distance(a, b) > 1


@pytest.mark.parametrize(("n", "m"), [(10, 15), (10, 400), (400, 10)])
def test_the_small_form_agrees_with_the_full_one(n: int, m: int) -> None:
    x, y = Rng(10).normal(n, 40), 1.5 * Rng(11).normal(m, 40) + 0.3
    full = frechet_distance(fit_gaussian(x), fit_gaussian(y))
    assert frechet_from_features(x, y) == pytest.approx(full, rel=1e-8)


def test_statistics_are_those_of_numpy_in_float64() -> None:
    x = Rng(12).normal(100, 5) + 1000
    fitted = fit_gaussian(x.numpy())
    assert fitted.mean.dtype == fitted.covariance.dtype == torch.float64
    assert fitted.count == 100
    expected = np.cov(x.double().numpy(), rowvar=False)
    torch.testing.assert_close(fitted.covariance, torch.from_numpy(expected))


def test_few_samples_are_biased_upwards() -> None:
    values = []
    for n in (100, 400, 1600):
        values.append(frechet_from_features(Rng(13, n).normal(n, 32), Rng(14, n).normal(n, 32)))
    assert values[0] > 3 * values[1] > 9 * values[2] > 0


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="N >= 2"):
        fit_gaussian(torch.zeros(1, 4))
    with pytest.raises(ValueError, match="NaN"):
        fit_gaussian(torch.full((4, 4), math.nan))
    with pytest.raises(ValueError, match="3 and 4 dimensions"):
        frechet_from_features(torch.zeros(9, 3), torch.zeros(9, 4))
    one, two = gaussian(torch.zeros(1), torch.eye(1)), gaussian(torch.zeros(2), torch.eye(2))
    with pytest.raises(ValueError, match="1 and 2 dimensions"):
        frechet_distance(one, two)

"""The Frechet distance against closed forms."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.metrics import (
    GaussianStats,
    fit_gaussian,
    frechet_distance,
    frechet_from_features,
    stream_gaussian,
)


def gaussian(mean: Tensor, covariance: Tensor) -> GaussianStats:
    return GaussianStats(mean.double(), covariance.double(), 1000)


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


@pytest.mark.parametrize("mean", [0.0, 1e6])
def test_parts_give_what_the_whole_gives(mean: float) -> None:
    x = Rng(3).normal(1000, 7).double() @ Rng(4).normal(7, 7).double() + mean
    whole, parts = fit_gaussian(x), stream_gaussian(x.split([1, 2, 500, 3, 494]))
    assert parts.count == whole.count
    torch.testing.assert_close(parts.mean, whole.mean, rtol=1e-12, atol=0)
    torch.testing.assert_close(parts.covariance, whole.covariance, rtol=1e-9, atol=1e-8)
    assert frechet_distance(parts, whole) < 1e-6


def test_only_one_part_is_held_at_a_time() -> None:
    alive: list[weakref.ref[Tensor]] = []

    def parts() -> Iterator[Tensor]:
        for seed in range(20):
            part = Rng(seed).normal(100, 4)
            alive.append(weakref.ref(part))
            yield part
            del part
            assert sum(ref() is not None for ref in alive) <= 1

    assert stream_gaussian(parts()).count == 2000


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "2 samples at least are needed; got 0"),
        ([torch.zeros(1, 3)], "2 samples at least are needed; got 1"),
        ([torch.zeros(2, 3), torch.zeros(2, 4)], "got 3 and then 4"),
    ],
)
def test_parts_that_do_not_fit_are_named(parts: list[Tensor], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        stream_gaussian(parts)


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

"""Statistically different bins on planted mixtures."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import make_bins, ndb


def blobs(seed: int, shares: list[int]) -> torch.Tensor:
    """So many points around each of ten corners."""
    corners = 20 * torch.eye(10)
    return (
        torch.cat([corners[i].expand(n, 10) for i, n in enumerate(shares)])
        + Rng(seed).normal(sum(shares), 10)
    ).double()


def test_sets_of_one_distribution_differ_by_chance_alone() -> None:
    bins = make_bins(blobs(0, [200] * 10), 50)
    rates = [ndb(blobs(i, [200] * 10), bins).ratio for i in range(1, 11)]
    assert sum(rates) / 10 == pytest.approx(0.05, abs=0.05)


def test_dropped_modes_are_counted() -> None:
    """Two of ten corners left out: their bins are dropped, the others a fourth too full."""
    bins = make_bins(blobs(0, [300] * 10), 10)
    found = ndb(blobs(1, [0, 0] + [375] * 8), bins)
    assert len(found.dropped) == 2
    assert found.different == 10
    assert all(float(found.shares[i]) == 0 for i in found.dropped)
    assert found.jsd > 0.05


def test_more_dropped_is_more_different() -> None:
    bins = make_bins(blobs(0, [300] * 10), 20)
    jsd, dropped = [], []
    for gone in (0, 2, 4, 6):
        found = ndb(blobs(1, [0] * gone + [300] * (10 - gone)), bins)
        jsd.append(found.jsd)
        dropped.append(len(found.dropped))
    assert sorted(jsd) == jsd
    assert sorted(dropped) == dropped
    assert dropped[-1] >= 10


def test_the_statistic_by_hand() -> None:
    bins = make_bins(torch.tensor([[0.0]] * 60 + [[10.0]] * 40).double(), 2)
    found = ndb(torch.tensor([[0.1]] * 30 + [[9.0]] * 70).double(), bins)
    first = int((bins.centers[:, 0] < 5).nonzero())
    pooled = 90 / 200
    z = (0.3 - 0.6) / (pooled * (1 - pooled) * (2 / 100)) ** 0.5
    assert float(found.z[first]) == pytest.approx(z)
    assert found.different == 2
    assert found.dropped == (first,)


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="N >= 100"):
        make_bins(torch.zeros(50, 2))


def test_an_offset_moves_no_example_into_another_bin() -> None:
    x = blobs(0, [300] * 10)
    near, far = make_bins(x, 20), make_bins(x + 1e8, 20)
    assert torch.equal(near.assign(x), far.assign(x + 1e8))
    assert torch.equal(near.shares, far.shares)


def test_the_shares_are_those_of_the_examples() -> None:
    x = Rng(0).normal(1000, 8).double()  # no clusters: k-means has not come to rest
    bins = make_bins(x, 20)
    assert torch.equal(bins.assign(x).bincount(minlength=20).double() / 1000, bins.shares)
    assert ndb(x, bins).z.abs().max() == 0

"""Parzen windows against brute force, and the ways in which they mislead (arXiv:1511.01844)."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from scipy.cluster.vq import kmeans2

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.metrics import best_bandwidth, log_kernel_density, parzen_log_likelihood
from gansmith.theory import fit_mixture


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Training and held-out digits as vectors in [0, 1]; 1437 and 360 of 64."""
    data = open_data("digits")
    train, held = (x["real"].flatten(1).double() / 255 for x in (data.train, data.held_out))
    return train, held


def test_it_is_the_sum_over_samples() -> None:
    x, y = Rng(0).normal(300, 7).double(), Rng(1).normal(90, 7).double()
    parts = torch.distributions.Independent(torch.distributions.Normal(x[:, None], 0.4), 1)
    brute = parts.log_prob(y).logsumexp(0) - math.log(300)
    torch.testing.assert_close(
        log_kernel_density(samples=x, x=y, std=0.4, chunk=13), brute, atol=1e-9, rtol=0
    )


def test_far_from_every_sample_it_is_finite() -> None:
    value = log_kernel_density(samples=torch.zeros(2, 1), x=torch.tensor([[1e3]]), std=0.1)
    assert float(value) == pytest.approx(-0.5e8 - math.log(0.1 * math.sqrt(math.tau)))


def test_on_the_line_it_comes_to_the_true_density() -> None:
    counts = 10_000, 1000, 4000
    x, validation, test = (Rng(i).normal(n, 1).double() for i, n in enumerate(counts))
    found = parzen_log_likelihood(samples=x, validation=validation, test=test)
    true = float((-(test**2) / 2).mean()) - 0.5 * math.log(math.tau)
    assert found.value == pytest.approx(true, abs=0.05)
    assert (found.samples, found.tested) == (10_000, 4000)
    assert 0 < found.error < 0.03


def test_the_window_is_chosen_by_validation() -> None:
    x, y = Rng(0).normal(500, 3).double(), Rng(1).normal(500, 3).double()
    std = best_bandwidth(samples=x, validation=y)
    likelihood = [
        float(log_kernel_density(samples=x, x=y, std=s).mean()) for s in (std / 2, std, 2 * std)
    ]
    assert likelihood[1] == max(likelihood)
    assert best_bandwidth(samples=x, validation=y, widths=[0.01, 0.3, 5.0]) == 0.3


def test_centres_of_k_means_beat_real_examples() -> None:
    """A list of averages, which no one would call a better generator than the data."""
    train, held = digits()
    validation, test = held[:120], held[120:]
    half = train[Rng(0).permutation(len(train))[:100]]
    centres = torch.from_numpy(kmeans2(train.numpy(), 100, minit="++", rng=0)[0])
    real, fake = (
        log_kernel_density(samples=x, x=test, std=best_bandwidth(samples=x, validation=validation))
        for x in (half, centres)
    )
    better = fake - real
    assert float(better.mean()) > 3 * float(better.std()) / len(better) ** 0.5


def test_it_grows_with_the_number_of_samples_and_does_not_end() -> None:
    train, held = digits()
    values = [
        parzen_log_likelihood(samples=train[:n], validation=held[:120], test=held[120:]).value
        for n in (100, 300, 900, 1437)
    ]
    assert all(a < b for a, b in itertools.pairwise(values))
    assert values[-1] - values[-2] > 0.5


def test_99_percent_noise_costs_at_most_log_100() -> None:
    """Density .01 p + .99 noise: 4.605 nats, less than ten components are worth against one."""
    train, held = digits()
    p = fit_mixture(train, 10, floor=0.2, steps=60)
    noise = -64 * math.log(3)  # uniform on [-1, 2]^64: next to nothing where digits are
    clean = p.log_prob(held)
    mixed = torch.logaddexp(clean + math.log(0.01), torch.tensor(noise + math.log(0.99)).double())
    drop = float((clean - mixed).mean())
    assert drop <= math.log(100)
    assert drop == pytest.approx(math.log(100), abs=0.01)
    single = fit_mixture(train, 1, floor=0.2)
    assert float(clean.mean() - single.log_prob(held).mean()) > math.log(100)


def test_a_generator_of_one_class_is_unlikely_and_perfect() -> None:
    """All its samples are real digits, and it loses more than 50 nats."""
    data = open_data("digits")
    train, held = digits()
    ones = train[data.train["label"] == 1]
    others = train[Rng(0).permutation(len(train))[: len(ones)]]
    one = parzen_log_likelihood(samples=ones, validation=held[:120], test=held[120:]).value
    assert (
        one
        < parzen_log_likelihood(samples=others, validation=held[:120], test=held[120:]).value - 20
    )
    std = best_bandwidth(samples=others, validation=held[:120])
    sharp = (
        log_kernel_density(samples=ones, x=held, std=std).mean(),
        log_kernel_density(samples=others, x=held, std=std).mean(),
    )
    assert float(sharp[0]) < float(sharp[1]) - 50


def test_a_window_of_no_width_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0; got 0"):
        log_kernel_density(samples=torch.zeros(2, 1), x=torch.zeros(1, 1), std=0)

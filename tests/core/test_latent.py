from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from gansmith.core.latent import PRIORS, TRUNCATION, Latent
from gansmith.core.rng import Rng

N = 40_000
DENSITY = math.exp(-(TRUNCATION**2) / 2) / math.sqrt(2 * math.pi)
WITHIN = math.erf(TRUNCATION / math.sqrt(2))
# mean 0, and the variance and fourth moment of each prior in closed form
MOMENTS = {
    "normal": (1.0, 3.0),
    "uniform": (1 / 3, 1 / 5),
    "truncated": (
        1 - 2 * TRUNCATION * DENSITY / WITHIN,
        3 - 2 * (TRUNCATION**3 + 3 * TRUNCATION) * DENSITY / WITHIN,
    ),
}
DISTRIBUTIONS = {
    "normal": stats.norm(),
    "uniform": stats.uniform(-1, 2),
    "truncated": stats.truncnorm(-TRUNCATION, TRUNCATION),
}


def test_every_prior_has_its_closed_form_here() -> None:
    assert set(PRIORS) == set(MOMENTS) == set(DISTRIBUTIONS)


@pytest.mark.parametrize("prior", PRIORS)
def test_codes_follow_their_prior(prior: str) -> None:
    z = Latent(4, prior).sample(N, Rng(1))
    assert (z.dtype, z.shape) == (torch.float32, (N, 4))
    variance, fourth = MOMENTS[prior]
    for column in z.double().T:
        assert stats.kstest(column.numpy(), DISTRIBUTIONS[prior].cdf).pvalue > 0.001
    noise = math.sqrt(fourth - variance**2)
    assert abs(float(z.double().mean())) < 5 * math.sqrt(variance / (4 * N))
    assert abs(float(z.double().square().mean()) - variance) < 5 * noise / math.sqrt(4 * N)


def test_the_closed_moments_are_those_of_the_distributions() -> None:
    for prior, (variance, fourth) in MOMENTS.items():
        assert DISTRIBUTIONS[prior].moment(2) == pytest.approx(variance, rel=1e-9)
        assert DISTRIBUTIONS[prior].moment(4) == pytest.approx(fourth, rel=1e-9)


def test_truncated_codes_lie_within_their_bound_and_come_near_it() -> None:
    z = Latent(10, "truncated").sample(N, Rng(2))
    assert float(z.abs().max()) <= TRUNCATION
    assert float(z.max()) > 0.99 * TRUNCATION
    assert float(z.min()) < -0.99 * TRUNCATION


def test_a_truncated_code_stays_finite_at_both_ends_of_the_uniform() -> None:
    class Edges(Rng):
        def uniform(self, *shape: int) -> torch.Tensor:
            return torch.tensor([0.0, 1 - 2**-24]).view(shape)

    z = PRIORS["truncated"](Edges(0), 1, 2)
    torch.testing.assert_close(z, torch.tensor([[-TRUNCATION, TRUNCATION]]), rtol=0, atol=1e-5)
    assert float(z.abs().max()) <= TRUNCATION


def test_uniform_codes_never_leave_their_cube() -> None:
    z = Latent(10, "uniform").sample(N, Rng(3))
    assert -1 <= float(z.min()) < -0.99
    assert 0.99 < float(z.max()) < 1


def test_the_stream_decides_the_codes() -> None:
    latent = Latent(3)
    assert latent.sample(5, Rng(1)).equal(latent.sample(5, Rng(1)))
    assert not latent.sample(5, Rng(1)).equal(latent.sample(5, Rng(2)))


def test_unknown_priors_and_empty_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="'gauss'; choose one of normal, uniform, truncated"):
        Latent(3, "gauss")
    with pytest.raises(ValueError, match="at least one coordinate; got dim=0"):
        Latent(0)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("most", [0.3, 0.7, 5.0])
def test_truncated_codes_follow_the_prior_within_the_bound(prior: str, most: float) -> None:
    latent, rng = Latent(4, prior), Rng(1)
    rng.truncation = most
    z, free = latent.sample(N, rng).double(), latent.sample(N, Rng(1))
    law = DISTRIBUTIONS[prior]
    low, high = law.cdf(-most), law.cdf(most)
    within = (law.cdf(z[:, 0].numpy()) - low) / (high - low)
    assert stats.kstest(within, "uniform").pvalue > 0.001
    assert float(z.abs().max()) <= most
    assert bool((z.abs() <= free.abs() + 1e-5).all())  # each code was moved inwards
    assert bool((z.sign() == free.sign()).all())

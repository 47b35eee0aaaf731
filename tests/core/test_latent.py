from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from gansmith.core.latent import PRIORS, TRUNCATION, JointLatent, Latent
from gansmith.core.rng import Rng, RowRng

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
    assert {*PRIORS} - {"one-hot"} == set(MOMENTS) == set(DISTRIBUTIONS)


@pytest.mark.parametrize("prior", MOMENTS)
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

    z = PRIORS["truncated"].draw(Edges(0), 1, 2)
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


@pytest.mark.parametrize("prior", MOMENTS)
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


def test_one_hot_codes_have_every_class_alike() -> None:
    z = Latent(5, "one-hot").sample(N, Rng(4))
    assert z.unique().tolist() == [0, 1]
    assert (z.sum(1) == 1).all()
    assert stats.chisquare(z.sum(0).numpy()).pvalue > 0.001
    few, many = (Latent(5, "one-hot").sample(n, RowRng(7, rows=range(n))) for n in (3, 9))
    assert few.equal(many[:3])
    rng = Rng(4)
    rng.truncation = 0.5
    assert Latent(5, "one-hot").sample(N, rng).equal(z)


def test_a_joint_latent_has_its_parts_side_by_side() -> None:
    latent = JointLatent(Latent(3), Latent(4, "one-hot"), Latent(2, "uniform"))
    z = latent.sample(N, Rng(5))
    assert z.shape == (N, latent.dim) == (N, 9)
    assert stats.kstest(z[:, 0].numpy(), stats.norm().cdf).pvalue > 0.001
    assert (z[:, 3:7].sum(1) == 1).all()
    assert stats.kstest(z[:, 8].numpy(), stats.uniform(-1, 2).cdf).pvalue > 0.001
    assert "3 of 'normal', 4 of 'one-hot', 2 of 'uniform'" in latent.meaning


@pytest.mark.parametrize("prior", PRIORS)
def test_the_expression_in_plain_torch_draws_the_same_prior(prior: str) -> None:
    latent = JointLatent(Latent(2), Latent(3, prior))
    torch.manual_seed(0)
    z = eval(latent.torch_expression(N), {"torch": torch})
    ours = latent.sample(N, Rng(6))
    assert (z.shape, z.dtype) == (ours.shape, ours.dtype)
    for mine, theirs in zip(ours.T, z.T, strict=True):
        assert stats.ks_2samp(mine.numpy(), theirs.numpy()).pvalue > 0.001


def test_a_latent_that_samples_otherwise_says_otherwise() -> None:
    with pytest.raises(TypeError, match="defines between, meaning, torch_expression as well"):

        class Own(Latent):
            def sample(self, n: int, rng: Rng) -> torch.Tensor:
                return rng.normal(n, self.dim).square()

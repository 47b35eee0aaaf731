import itertools
import math

import pytest
import torch
from known import FGAN, exact, mixture, normal
from sklearn.mixture import GaussianMixture as Reference

from gansmith.core.rng import Rng
from gansmith.theory import GaussianMixture, best_gaussian, divergence, fit_mixture


def three(n: int, seed: int = 0) -> tuple[torch.Tensor, GaussianMixture]:
    """Samples in the plane and the density they come from."""
    true = GaussianMixture(
        exact([0.2, 0.3, 0.5]),
        exact([[-2, 0], [2, 1], [0, -3]]),
        exact([[[0.5, 0.2], [0.2, 0.3]], [[0.2, 0], [0, 0.8]], [[1, -0.5], [-0.5, 0.6]]]),
    )
    return true.sample(n, Rng(seed)), true


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("components", [1, 3, 6])
def test_no_step_lowers_the_likelihood(components, seed):
    x, _ = three(500)
    path = fit_mixture(x, components, seed=seed).log_likelihoods
    assert len(path) >= 2
    assert min(after - before for before, after in itertools.pairwise(path)) >= -1e-9


def test_it_comes_to_the_likelihood_of_the_truth():
    x, true = three(4000)
    fresh, _ = three(4000, seed=1)
    fit = fit_mixture(x, 3)
    assert float(fit.log_prob(x).mean()) >= float(true.log_prob(x).mean())
    assert float(fit.log_prob(fresh).mean()) == pytest.approx(
        float(true.log_prob(fresh).mean()), abs=0.02
    )
    # and one Gaussian does not
    single = fit_mixture(x, 1)
    assert float(single.log_prob(fresh).mean()) < float(true.log_prob(fresh).mean()) - 0.3


def test_the_density_is_that_of_another_implementation():
    x, _ = three(300)
    fit = fit_mixture(x, 3)
    reference = Reference(3).fit(x.numpy())
    reference.weights_, reference.means_ = fit.weights.numpy(), fit.means.numpy()
    reference.precisions_cholesky_ = torch.linalg.cholesky(
        torch.linalg.inv(fit.covariances)
    ).numpy()
    ours = fit.log_prob(x)
    torch.testing.assert_close(ours, torch.from_numpy(reference.score_samples(x.numpy())))
    shares = fit.responsibilities(x)
    torch.testing.assert_close(shares.sum(1), torch.ones(300, dtype=torch.float64))


def test_samples_have_its_moments():
    x, true = three(200_000)
    mean = true.weights @ true.means
    torch.testing.assert_close(x.mean(0), mean, atol=0.02, rtol=0)
    inside = sum(
        w * (c + torch.outer(m - mean, m - mean))
        for w, m, c in zip(true.weights, true.means, true.covariances, strict=True)
    )
    torch.testing.assert_close(torch.cov(x.T), inside, atol=0.05, rtol=0)


def test_a_component_may_not_shrink_onto_one_example():
    """Three examples and three components: without a floor the likelihood has no maximum."""
    fit = fit_mixture(exact([[0.0, 0.0], [1.0, 0.0], [0.0, 5.0]]), 3)
    assert torch.isfinite(fit.log_prob(exact([[0.5, 0.5]]))).all()
    assert float(torch.linalg.eigvalsh(fit.covariances).min()) > 0


def test_flat_data_have_a_density_too():
    x = torch.stack([torch.linspace(0, 1, 50), torch.zeros(50)], 1)
    assert torch.isfinite(fit_mixture(x, 2).log_prob(x)).all()


def test_maximum_likelihood_is_the_least_kl():
    """One Gaussian: the fit to 200,000 samples is the KL-nearest by quadrature, and not RKL's."""
    torch.manual_seed(0)
    x = FGAN.sample((200_000,))[:, None]
    fit = fit_mixture(x, 1)
    nearest, reverse = best_gaussian(FGAN, "kl"), best_gaussian(FGAN, "reverse-kl")
    mean, std = float(fit.means[0, 0]), math.sqrt(float(fit.covariances[0, 0, 0]))
    error = 3 * nearest.std / math.sqrt(len(x))
    assert (mean, std) == pytest.approx((nearest.mean, nearest.std), abs=error)
    assert abs(mean - reverse.mean) > 0.5
    # and the likelihood is minus the KL, up to the entropy of the data
    entropy = -float(FGAN.log_prob(x[:, 0]).mean())
    kl = divergence("kl", FGAN, normal(mean, std))
    assert float(fit.log_prob(x).mean()) == pytest.approx(-entropy - kl, abs=0.005)


def test_two_components_find_two_modes():
    torch.manual_seed(0)
    fit = fit_mixture(mixture((0.3, -2, 0.5), (0.7, 2, 0.5)).sample((5000,))[:, None], 2)
    order = fit.means[:, 0].argsort()
    assert fit.means[order, 0].tolist() == pytest.approx([-2, 2], abs=0.05)
    assert fit.weights[order].tolist() == pytest.approx([0.3, 0.7], abs=0.02)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="N >= 4"):
        fit_mixture(torch.zeros(3, 2), 4)
    with pytest.raises(ValueError, match="at least one component; got 0"):
        fit_mixture(torch.zeros(3, 2), 0)
    with pytest.raises(ValueError, match="all examples are equal"):
        fit_mixture(torch.full((7, 2), 0.1), 2)

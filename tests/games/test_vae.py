from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import Exports, HasDecoder, Samples
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.games.vae import VAE, GaussianLikelihood, kl_to_normal
from gansmith.networks.autoencoder import point_autoencoder


def make(beta: float = 1.0) -> VAE:
    torch.manual_seed(0)
    E, G = point_autoencoder(Latent(3), 2, 16, moments=2)
    return VAE(E, G, (2,), beta=beta)


def batch(game: VAE, n: int = 6) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(n, 2)), Rng(2))


def test_the_kl_divergence_is_that_of_the_distributions() -> None:
    mean, log_variance = 3 * Rng(0).normal(50, 4).double(), 2 * Rng(1).normal(50, 4).double()
    q = Normal(mean, (0.5 * log_variance).exp())
    wanted = kl_divergence(q, Normal(torch.zeros(4).double(), 1.0)).sum(1)
    torch.testing.assert_close(kl_to_normal(mean, log_variance), wanted)


def test_the_kl_divergence_is_exact_near_the_prior() -> None:
    """At log variance v it is v^2 / 4; exp(v) - 1 - v in float32 would be 0 or 1e-7."""
    v = torch.full((1, 1), 1e-3)
    assert kl_to_normal(0 * v, v).item() == pytest.approx(2.5e-7, rel=1e-2)
    assert kl_to_normal(0 * v, 0 * v).item() == 0


def test_the_likelihood_is_the_density_of_a_gaussian() -> None:
    spread = GaussianLikelihood(math.exp(-0.75))
    assert spread.log_variance.item() == pytest.approx(-1.5)
    x, mean = Rng(0).normal(5, 2, 3, 3), Rng(1).normal(5, 2, 3, 3)
    wanted = -Normal(mean, math.exp(-0.75)).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(spread(x, mean), wanted)


def test_the_terms_are_those_of_the_paper() -> None:
    game = make(beta=2.0)
    x = batch(game)
    assert x.noise.equal(Rng(2).normal(6, 3))
    mean, log_variance = game.E(x.real)[:, :3], game.E(x.real)[:, 3:]
    terms = game.eg_loss(x)
    torch.testing.assert_close(terms["kl"], 2 * kl_to_normal(mean, log_variance).mean())
    decoded = game.G(mean + (log_variance / 2).exp() * x.noise)
    torch.testing.assert_close(terms["nll"], game.S(x.real, decoded).mean())
    assert game.encode(x.real).equal(mean)


def test_a_prior_without_a_closed_form_is_refused() -> None:
    E, G = point_autoencoder(Latent(3, "uniform"), 2, 16, moments=2)
    with pytest.raises(ValueError, match="the prior of a VAE is normal; got 'uniform'"):
        VAE(E, G, (2,))


def test_a_deviation_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="the standard deviation is above 0; got 0.0"):
        GaussianLikelihood(0.0)


class LinearEncoder(nn.Module):
    """Means linear in x, and one log variance for each coordinate, as the true posterior has."""

    def __init__(self, inputs: int, dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(inputs, dim)
        self.log_variance = nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        mean = self.mean(x)
        return torch.cat([mean, self.log_variance.expand_as(mean)], 1)


class LinearDecoder(nn.Linear):
    def __init__(self, latent: Latent, outputs: int) -> None:
        super().__init__(latent.dim, outputs)
        self.latent = latent


def linear(seed: int) -> VAE:
    """x = W z + b + s n, with three coordinates of x and two of z; W has orthogonal columns."""
    torch.manual_seed(seed)
    game = VAE(LinearEncoder(3, 2), LinearDecoder(Latent(2), 3), (3,)).double()
    W = torch.tensor([[1.2, 0.3], [-0.4, 0.9], [0.3, 0.3]]).double()
    W[:, 1] -= W[:, 0] * (W[:, 0] @ W[:, 1]) / (W[:, 0] @ W[:, 0])
    with torch.no_grad():
        game.G.weight.copy_(W)  # type: ignore[attr-defined]
        game.G.bias.copy_(torch.tensor([0.5, -1.0, 0.0]))  # type: ignore[attr-defined]
        game.S.log_variance.fill_(math.log(0.3))
    return game


def likelihood(game: VAE) -> MultivariateNormal:
    """The exact density of x: N(b, W W^T + s^2 I)."""
    W, bias = game.G.weight, game.G.bias  # type: ignore[attr-defined]
    noise = game.S.log_variance.exp() * torch.eye(3).double()
    return MultivariateNormal(bias, W @ W.T + noise)


def exact_posterior(game: VAE) -> None:
    """Give E the true posterior: precision I + W^T W / s^2, mean of it W^T (x - b) / s^2."""
    W, bias = game.G.weight, game.G.bias  # type: ignore[attr-defined]
    variance = game.S.log_variance.exp()
    cover = torch.linalg.inv(torch.eye(2).double() + W.T @ W / variance)
    with torch.no_grad():
        game.E.mean.weight.copy_(cover @ W.T / variance)  # type: ignore[union-attr, operator]
        game.E.mean.bias.copy_(-(cover @ W.T / variance) @ bias)  # type: ignore[union-attr, operator]
        game.E.log_variance.copy_(cover.diagonal().log())  # type: ignore[union-attr, operator]


def bound(game: VAE, x: Tensor, draws: int) -> float:
    """The lower bound, averaged over so many draws of a code for each example."""
    repeated = x.repeat(draws, 1)
    made = game.draw(Batch(real=repeated), Rng(3))
    made.noise = made.noise.double()
    with torch.no_grad():
        return -sum(term.item() for term in game.eg_loss(made).values())


def test_the_bound_is_the_log_likelihood_with_the_true_posterior_and_below_it_else() -> None:
    game = linear(0)
    x = likelihood(game).sample((100,))
    exact = likelihood(game).log_prob(x).mean().item()
    exact_posterior(game)
    assert bound(game, x, 2000) == pytest.approx(exact, abs=0.01)
    for seed in range(5):
        assert bound(linear(seed), x, 500) < exact - 0.05
    worse = copy.deepcopy(game)
    with torch.no_grad():
        worse.E.log_variance += 0.7  # type: ignore[operator]
    q, p = (Normal(0.0, (g.E.log_variance / 2).exp()) for g in (worse, game))  # type: ignore[union-attr, operator]
    gap = kl_divergence(q, p).sum().item()
    assert bound(worse, x, 2000) == pytest.approx(exact - gap, abs=0.02)  # below by KL(q || p)


class Given:
    """Samples of a Gaussian, one batch after the other."""

    def __init__(self, law: MultivariateNormal) -> None:
        self.law = law

    def at(self, n: int) -> dict[str, Tensor]:
        torch.manual_seed(n)
        return {"real": self.law.sample((256,)).float()}


def test_training_finds_the_likelihood_of_the_data() -> None:
    """Bound, encoder and noise of a linear VAE come to what is exact for Gaussian data."""
    truth = linear(0)
    law = likelihood(truth)
    game = linear(1).float()
    with torch.no_grad():
        game.G.weight.copy_(torch.randn(3, 2))  # type: ignore[attr-defined, operator]
        game.G.bias.zero_()  # type: ignore[attr-defined, operator]
        game.S.log_variance.zero_()
    t = Trainer(game, Given(law), optim=dict.fromkeys("EGS", adam(1e-2)))
    t.fit(1500)
    game.double()
    x = law.sample((2000,))
    best = law.log_prob(x).mean().item()
    assert bound(game, x, 20) == pytest.approx(best, abs=0.03)
    assert likelihood(game).log_prob(x).mean().item() == pytest.approx(best, abs=0.03)
    assert game.S.log_variance.exp().item() == pytest.approx(0.3, rel=0.1)


def test_it_samples_decodes_and_exports_both_halves() -> None:
    game = make()
    assert isinstance(game, Samples)
    assert isinstance(game, HasDecoder)
    assert isinstance(game, Exports)
    assert game.averaged == ("E", "G", "S")
    assert game.sample(4, Rng(1)).equal(game.G(Rng(1).normal(4, 3)))
    programs = game.exports()
    assert programs["E"].module(programs["E"].inputs["x"].example).shape == (2, 6)
    assert programs["G"].module(programs["G"].inputs["z"].example).shape == (2, 2)

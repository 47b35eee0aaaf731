"""Critics with a bounded gradient: by clipping, penalties or spectral normalization."""

from __future__ import annotations

from gansmith.core.constraints import WeightClipping, spectral_norm_all
from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam, rmsprop
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.gan import GAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.dropout_critic import DropoutCritic
from gansmith.penalties import Consistency, InterpolatedGP, PenaltySum, one_sided
from gansmith.penalties.analytic import fastest_gradient_norm
from gansmith.presets.players import players
from gansmith.presets.preset import Preset


def wgan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    weight_clip: float = 0.02,
    d_steps: int = 5,
    lr: float = 2e-4,
    batch: int = 32,
    steps: int = 3000,
) -> Recipe:
    """Wasserstein GAN with weight clipping (arXiv:1701.07875, Algorithm 1).

    weight_clip: largest absolute value of a weight of the critic (the paper's c).
    lr: learning rate of RMSProp.
    """
    require_kind(spec, "wgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(
        G, WeightClipping(D, weight_clip), objective=OBJECTIVES["wasserstein"], d_steps=d_steps
    )
    optim = rmsprop(lr)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def wgan_gp(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    penalty_weight: float = 10.0,
    d_steps: int = 3,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2500,
) -> Recipe:
    """Wasserstein GAN with gradient penalty (arXiv:1704.00028, Algorithm 1).

    lr: learning rate of Adam, with betas 0 and 0.9.
    """
    require_kind(spec, "wgan-gp", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    penalty = InterpolatedGP(penalty_weight, gradient_norm=fastest_gradient_norm(D))
    game = GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=d_steps)
    optim = adam(lr, 0.0, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def wgan_lp(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    penalty_weight: float = 10.0,
    d_steps: int = 3,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2500,
) -> Recipe:
    """Wasserstein GAN with a one-sided gradient penalty (arXiv:1709.08894).

    lr: learning rate of Adam, with betas 0 and 0.9.
    """
    require_kind(spec, "wgan-lp", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    penalty = InterpolatedGP(penalty_weight, one_sided, fastest_gradient_norm(D))
    game = GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=d_steps)
    optim = adam(lr, 0.0, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def wgan_ct(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    penalty_weight: float = 10.0,
    consistency_weight: float = 2.0,
    margin: float = 0.0,
    dropout: float = 0.2,
    d_steps: int = 3,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2000,
) -> Recipe:
    """CT-GAN: WGAN-GP with a consistency term around the data (arXiv:1803.01541).

    penalty_weight: weight of the gradient penalty (the paper's lambda_1).
    consistency_weight: weight of the consistency term (lambda_2).
    margin: inconsistency that costs nothing (M').
    dropout: probability that a channel of the critic is dropped.
    lr: learning rate of Adam, with betas 0 and 0.9.
    """
    require_kind(spec, "wgan-ct", "image", "points")
    G, critic = players(spec, "dcgan", Latent(latent, prior), width)
    D = DropoutCritic(critic, dropout)
    agree = Consistency(consistency_weight, margin=margin, noise_size=D.noise_size)
    penalty = PenaltySum(
        InterpolatedGP(penalty_weight, gradient_norm=fastest_gradient_norm(D)), agree
    )
    game = GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=d_steps)
    optim = adam(lr, 0.0, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def sngan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    d_steps: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.5,
    beta2: float = 0.999,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Spectrally normalized GAN with the hinge loss (arXiv:1802.05957, Eqs. 8, 16, 17)."""
    require_kind(spec, "sngan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, spectral_norm_all(D), objective=OBJECTIVES["hinge"], d_steps=d_steps)
    optim = adam(lr, beta1, beta2)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "wgan": Preset(
        wgan,
        data="fashion",
        cites="arXiv:1701.07875",
        paper=dict(width=64, latent=100, weight_clip=0.01, lr=5e-5, batch=64, steps=100_000),
    ),
    "wgan-gp": Preset(
        wgan_gp,
        data="fashion",
        cites="arXiv:1704.00028",
        paper=dict(
            network="resnet", width=128, latent=128, d_steps=5, lr=1e-4, batch=64, steps=100_000
        ),
    ),
    "wgan-lp": Preset(
        wgan_lp,
        data="fashion",
        cites="arXiv:1709.08894",
        paper=dict(
            network="resnet", width=128, latent=128, d_steps=5, lr=1e-4, batch=64, steps=100_000
        ),
    ),
    "wgan-ct": Preset(
        wgan_ct,
        data="fashion",
        cites="arXiv:1803.01541",
        paper=dict(width=64, latent=128, dropout=0.5, d_steps=5, lr=1e-4, batch=50, steps=50_000),
    ),
    "sngan": Preset(
        sngan,
        data="fashion",
        cites="arXiv:1802.05957",
        paper=dict(
            network="sn-resnet",
            width=128,
            latent=128,
            d_steps=5,
            lr=2e-4,
            beta1=0.0,
            beta2=0.9,
            batch=64,
            steps=100_000,
        ),
    ),
}

"""Critics whose slope is bounded: clipped, penalised or normalised."""

from __future__ import annotations

from gansmith.core.constraints import Clipped, spectral_normed
from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam, rmsprop
from gansmith.data import DataSpec
from gansmith.games.gan import GAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.dropout_critic import Forgetful
from gansmith.penalties import Consistency, Interpolated, Sum, one_sided
from gansmith.penalties.analytic import fastest
from gansmith.presets.players import players, take
from gansmith.presets.preset import Preset


def wgan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    bound: float = 0.02,
    d_steps: int = 5,
    lr: float = 2e-4,
    batch: int = 32,
    steps: int = 3000,
) -> Recipe:
    """Wasserstein GAN with weight clipping (arXiv:1701.07875, Algorithm 1).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    bound: on the size of every weight of the critic (the paper's c).
    d_steps: moves of the critic for one of G.
    lr: learning rate of RMSProp.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "wgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, Clipped(D, bound), objective=OBJECTIVES["wasserstein"], d_steps=d_steps)
    optim = rmsprop(lr)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def wgan_gp(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    weight: float = 10.0,
    d_steps: int = 3,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2500,
) -> Recipe:
    """Wasserstein GAN with gradient penalty (arXiv:1704.00028, Algorithm 1).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    weight: of the penalty (the paper's lambda).
    d_steps: moves of the critic for one of G.
    lr: learning rate of Adam, with betas 0 and 0.9.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "wgan-gp", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    penalty = Interpolated(weight, slope=fastest(D))
    game = GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=d_steps)
    optim = adam(lr, 0.0, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def wgan_lp(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    weight: float = 10.0,
    d_steps: int = 3,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2500,
) -> Recipe:
    """Wasserstein GAN whose critic pays for slopes above 1 only (arXiv:1709.08894).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    weight: of the penalty (the paper's lambda).
    d_steps: moves of the critic for one of G.
    lr: learning rate of Adam, with betas 0 and 0.9.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "wgan-lp", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    penalty = Interpolated(weight, one_sided, fastest(D))
    game = GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=d_steps)
    optim = adam(lr, 0.0, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def wgan_ct(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    weight: float = 10.0,
    consistency: float = 2.0,
    margin: float = 0.0,
    dropout: float = 0.2,
    d_steps: int = 3,
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 2000,
) -> Recipe:
    """Improved improved WGAN: a critic that agrees with itself around the data (arXiv:1803.01541).

    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    weight: of the gradient penalty (the paper's lambda_1).
    consistency: of the consistency term (lambda_2).
    margin: disagreement that is free (M').
    dropout: share of channels that a look forgets.
    d_steps: moves of the critic for one of G.
    lr: learning rate of Adam, with betas 0 and 0.9.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "wgan-ct", "image", "points")
    G, critic = players(spec, "dcgan", Latent(latent, prior), width)
    D = Forgetful(critic, dropout)
    agree = Consistency(consistency, margin=margin, noise_size=D.noise_size)
    penalty = Sum(Interpolated(weight, slope=fastest(D)), agree)
    game = GAN(G, D, objective=OBJECTIVES["wasserstein"], penalty=penalty, d_steps=d_steps)
    optim = adam(lr, 0.0, 0.9)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


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
    """Spectrally normalised GAN with the hinge loss (arXiv:1802.05957, Eqs. 8, 16, 17).

    network: pair of networks for pictures: dcgan, resnet, r3, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    d_steps: moves of D for one of G.
    lr: learning rate of Adam.
    beta1: decay of Adam's first moment.
    beta2: decay of Adam's second moment.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "sngan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, spectral_normed(D), objective=OBJECTIVES["hinge"], d_steps=d_steps)
    optim = adam(lr, beta1, beta2)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "wgan": Preset(
        wgan,
        data="fashion",
        cites="arXiv:1701.07875",
        paper=dict(width=64, latent=100, bound=0.01, lr=5e-5, batch=64, steps=100_000),
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

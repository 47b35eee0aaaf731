"""Presets of the game of two: an objective, a penalty and a pair of networks each."""

from __future__ import annotations

from torch import nn

from gansmith.constraints import Clipped, spectral_normed
from gansmith.data import DataSpec
from gansmith.fdivergence import F_DIVERGENCES
from gansmith.games.gan import GAN
from gansmith.latent import Latent
from gansmith.objectives import OBJECTIVES, LeastSquares
from gansmith.penalties import Interpolated
from gansmith.presets.players import players, take
from gansmith.recipe import Recipe, adam, rmsprop, sgd


def gan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    d_steps: int = 1,
    lr: float = 2e-4,
    momentum: float | None = None,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """The first GAN: minimax, k steps of D for one of G (arXiv:1406.2661, Algorithm 1).

    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    d_steps: moves of D for one of G (the paper's k).
    lr: learning rate.
    momentum: plain gradient descent with this momentum, as in the paper; None takes Adam.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "gan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["minimax"], d_steps=d_steps)
    optim = adam(lr, 0.5) if momentum is None else sgd(lr, momentum)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def nsgan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    d_steps: int = 1,
    lr: float = 5e-4,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Non-saturating GAN: G raises log D instead of lowering log(1 - D) (arXiv:1406.2661, sec. 3).

    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    d_steps: moves of D for one of G.
    lr: learning rate.
    beta1: decay of Adam's first moment.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "nsgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"], d_steps=d_steps)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def dcgan(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 64,
    prior: str = "uniform",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """DCGAN: strided convolutions and batch norm in both players (arXiv:1511.06434, section 3).

    width: channels next to the picture.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "dcgan", "image", "points")
    G, D = players(spec, "dcgan", Latent(latent, prior), width, nn.BatchNorm2d)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def lsgan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    a: float = 0.0,
    b: float = 1.0,
    c: float = 1.0,
    lr: float = 5e-4,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Least-squares GAN: D regresses codes, so its gradient stays alive (arXiv:1611.04076, Eq. 2).

    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    a: what D should say of fakes.
    b: what D should say of real examples.
    c: what G wants D to say of fakes.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "lsgan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=LeastSquares(a, b, c))
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


def fgan(
    spec: DataSpec,
    *,
    divergence: str = "squared-hellinger",
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    lr: float = 3e-4,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """f-GAN: learn by any f-divergence, through its conjugate (arXiv:1606.00709, Eq. 6).

    divergence: total-variation, kl, reverse-kl, pearson, neyman, squared-hellinger, jeffrey,
        jensen-shannon, weighted-jensen-shannon or gan-divergence.
    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
    width: size of the networks.
    latent: coordinates of a code.
    prior: prior over codes: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.5.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "fgan", "image", "points")
    if divergence not in F_DIVERGENCES:
        raise ValueError(
            f"unknown divergence {divergence!r}; choose one of {', '.join(F_DIVERGENCES)}"
        )
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=F_DIVERGENCES[divergence])
    optim = adam(lr, 0.5)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, average=0.999, channels_last=True)


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

    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
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

    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
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
    penalty = Interpolated(weight)
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

    network: pair of networks for pictures: dcgan, resnet, sn-resnet, mlp or maxout.
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

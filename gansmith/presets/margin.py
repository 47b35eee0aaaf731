"""Margin and relativistic losses: hinge, relativistic, loss-sensitive."""

from __future__ import annotations

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.gan import GAN
from gansmith.games.loss_sensitive import LossSensitiveGAN, MeanL1
from gansmith.losses.objectives import OBJECTIVES
from gansmith.penalties import R1, R2, PenaltySum
from gansmith.presets.players import players
from gansmith.presets.preset import Preset


def hinge(
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
    """Geometric GAN: the hinge loss of a support vector machine (arXiv:1705.02894, Eqs. 10, 11)."""
    require_kind(spec, "hinge", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["hinge"], d_steps=d_steps)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def ragan(
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
    steps: int = 7000,
) -> Recipe:
    """Relativistic average GAN: real against the average fake (arXiv:1807.00734, section 4)."""
    require_kind(spec, "ragan", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width)
    game = GAN(G, D, objective=OBJECTIVES["relativistic-average"], d_steps=d_steps)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def r3gan(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    penalty_weight: float = 0.1,
    lr: float = 1e-3,
    beta2: float = 0.99,
    batch: int = 32,
    steps: int = 4000,
) -> Recipe:
    """R3GAN: a relativistic loss with R1 and R2 penalties (arXiv:2501.05441).

    penalty_weight: weight of each of the two penalties (the paper's gamma).
    lr: learning rate of Adam, with beta1 0.
    """
    require_kind(spec, "r3gan", "image", "points")
    G, D = players(spec, network, Latent(latent), width)
    penalty = PenaltySum(R1(penalty_weight), R2(penalty_weight))
    game = GAN(G, D, objective=OBJECTIVES["relativistic"], penalty=penalty)
    optim = adam(lr, 0.0, beta2)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


def loss_sensitive(
    spec: DataSpec,
    *,
    network: str = "dcgan",
    width: int = 32,
    latent: int = 64,
    prior: str = "normal",
    margin_scale: float = 1.0,
    margin_weight: float = 100.0,
    lr: float = 1e-3,
    beta1: float = 0.5,
    batch: int = 32,
    steps: int = 8000,
) -> Recipe:
    """Loss-sensitive GAN: the margin grows with the distance (arXiv:1701.06264).

    margin_scale: margin for a mean absolute difference of 1.
    margin_weight: weight of the margins (the paper's lambda).
    """
    require_kind(spec, "loss-sensitive", "image", "points")
    G, D = players(spec, network, Latent(latent, prior), width, nn.BatchNorm2d)
    game = LossSensitiveGAN(G, D, distance=MeanL1(margin_scale), margin_weight=margin_weight)
    optim = adam(lr, beta1)
    return Recipe(game, {"G": optim, "D": optim}, batch, steps, ema=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "hinge": Preset(
        hinge,
        data="fashion",
        cites="arXiv:1705.02894",
        paper=dict(width=64, latent=100, lr=2e-4, batch=64, steps=100_000),
    ),
    "ragan": Preset(
        ragan,
        data="fashion",
        cites="arXiv:1807.00734",
        paper=dict(width=64, latent=128, lr=2e-4, batch=32, steps=100_000),
    ),
    "r3gan": Preset(
        r3gan,
        data="fashion",
        cites="arXiv:2501.05441",
        paper=dict(network="r3", width=96, penalty_weight=1.0, lr=2e-4, batch=256, steps=200_000),
    ),
    "loss-sensitive": Preset(
        loss_sensitive,
        data="fashion",
        cites="arXiv:1701.06264",
        paper=dict(
            width=64,
            latent=100,
            prior="uniform",
            margin_scale=2.46,
            lr=1e-4,
            batch=64,
            steps=100_000,
        ),
    ),
}

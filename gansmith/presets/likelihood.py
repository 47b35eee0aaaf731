"""Baselines that are trained by likelihood or reconstruction, without a discriminator."""

from __future__ import annotations

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.games.autoencoder import AutoEncoder
from gansmith.games.vae import VAE
from gansmith.networks.autoencoder import Coders, picture_coders, point_coders
from gansmith.networks.dcgan import Norm
from gansmith.presets.players import take
from gansmith.presets.preset import Preset


def coders(
    spec: DataSpec,
    latent: Latent,
    width: int,
    norm: Norm | None = nn.BatchNorm2d,
    numbers: int = 1,
) -> Coders:
    """An encoder and a decoder for the data: convolutions for pictures, MLPs for points.

    width: channels of the smallest layer; points take 4 units for each, and no norm.
    numbers: what the encoder says of each coordinate of a code.
    """
    if spec.kind == "points":
        return point_coders(latent, spec.dim, 4 * width, numbers)
    return picture_coders(latent, spec.channels, spec.size, width, norm, numbers)


def shape(spec: DataSpec) -> tuple[int, ...]:
    """The shape of an example."""
    return (spec.dim,) if spec.kind == "points" else (spec.channels, spec.size, spec.size)


def autoencoder(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 32,
    prior: str = "normal",
    lr: float = 1e-3,
    batch: int = 32,
    steps: int = 15_000,
) -> Recipe:
    """An auto-encoder, whose decoder is then fed with random codes (doi:10.1126/science.1127647).

    width: channels next to the picture.
    latent: coordinates of a code.
    prior: what samples are decoded from: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.9.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "autoencoder", "image", "points")
    game = AutoEncoder(*coders(spec, Latent(latent, prior), width), shape(spec))
    optim = dict.fromkeys(("E", "G"), adam(lr))
    return Recipe(game, optim, batch, steps, average=0.999, channels_last=True)


def vae(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 32,
    beta: float = 1.0,
    spread: float | None = None,
    lr: float = 1e-3,
    spread_lr: float = 1e-2,
    batch: int = 32,
    steps: int = 15_000,
) -> Recipe:
    """Variational auto-encoder: a lower bound on the likelihood (arXiv:1312.6114, Algorithm 1).

    width: channels next to the picture.
    latent: coordinates of a code.
    beta: weight of the KL divergence; 1 is the bound itself.
    spread: deviation of examples around what is decoded, at the start, then learnt; None takes
        1 for pictures and 0.1 for points.
    lr: learning rate of Adam, with beta1 0.9.
    spread_lr: the same for the logarithm of the variance around what is decoded.
    batch: examples in a batch.
    steps: length of the run.
    """
    take(spec, "vae", "image", "points")
    if spread is None:
        spread = 0.1 if spec.kind == "points" else 1.0
    game = VAE(
        *coders(spec, Latent(latent), width, numbers=2), shape(spec), beta=beta, spread=spread
    )
    optim = {"E": adam(lr), "G": adam(lr), "S": adam(spread_lr)}
    return Recipe(game, optim, batch, steps, average=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "autoencoder": Preset(autoencoder, data="fashion", cites="doi:10.1126/science.1127647"),
    "vae": Preset(
        vae,
        data="fashion",
        cites="arXiv:1312.6114",
        paper=dict(batch=100, steps=100_000),
    ),
}

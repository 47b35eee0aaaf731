"""Baselines that are trained by likelihood or reconstruction, without a discriminator."""

from __future__ import annotations

from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import Recipe, adam
from gansmith.data import DataSpec
from gansmith.data.require import require_kind
from gansmith.games.autoencoder import AutoEncoder
from gansmith.games.vae import VAE
from gansmith.networks.autoencoder import EncoderDecoder, image_autoencoder, point_autoencoder
from gansmith.networks.dcgan import Norm
from gansmith.presets.preset import Preset


def encoder_and_decoder(
    spec: DataSpec,
    latent: Latent,
    width: int,
    norm: Norm | None = nn.BatchNorm2d,
    moments: int = 1,
) -> EncoderDecoder:
    """An encoder and a decoder for the data: convolutions for images, MLPs for points.

    width: channels of the smallest layer; points take 4 units for each, and no norm.
    moments: outputs of the encoder for each coordinate of a code.
    """
    if spec.dim:
        return point_autoencoder(latent, spec.dim, 4 * width, moments)
    return image_autoencoder(latent, spec.channels, spec.size, width, norm, moments)


def example_shape(spec: DataSpec) -> tuple[int, ...]:
    """The shape of an example."""
    return spec.shape


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
    """Auto-encoder, sampled by decoding random codes (doi:10.1126/science.1127647).

    prior: what samples are decoded from: normal, uniform or truncated.
    lr: learning rate of Adam, with beta1 0.9.
    """
    require_kind(spec, "autoencoder", "image", "points")
    game = AutoEncoder(
        *encoder_and_decoder(spec, Latent(latent, prior), width), example_shape(spec)
    )
    optim = dict.fromkeys(("E", "G"), adam(lr))
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


def vae(
    spec: DataSpec,
    *,
    width: int = 32,
    latent: int = 32,
    beta: float = 1.0,
    sigma: float | None = None,
    lr: float = 1e-3,
    sigma_lr: float = 1e-2,
    batch: int = 32,
    steps: int = 15_000,
) -> Recipe:
    """Variational auto-encoder: a lower bound on the likelihood (arXiv:1312.6114, Algorithm 1).

    beta: weight of the KL divergence; 1 is the bound itself.
    sigma: standard deviation of examples around the decoded mean, at the start, then learned; None
        takes 1 for images and 0.1 for points.
    lr: learning rate of Adam, with beta1 0.9.
    sigma_lr: learning rate of the logarithm of the variance.
    """
    require_kind(spec, "vae", "image", "points")
    if sigma is None:
        sigma = 0.1 if spec.dim else 1.0
    game = VAE(
        *encoder_and_decoder(spec, Latent(latent), width, moments=2),
        example_shape(spec),
        beta=beta,
        sigma=sigma,
    )
    optim = {"E": adam(lr), "G": adam(lr), "S": adam(sigma_lr)}
    return Recipe(game, optim, batch, steps, ema=0.999, channels_last=True)


FAMILY: dict[str, Preset] = {
    "autoencoder": Preset(autoencoder, data="fashion", cites="doi:10.1126/science.1127647"),
    "vae": Preset(
        vae,
        data="fashion",
        cites="arXiv:1312.6114",
        paper=dict(batch=100, steps=100_000),
    ),
}

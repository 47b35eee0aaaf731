"""Autoencoders, and discriminators whose score is the reconstruction error."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.core.precision import upcast
from gansmith.networks.dcgan import DCGANDiscriminator, DCGANGenerator, Head, Norm
from gansmith.networks.mlp import MLPCritic, MLPGenerator

EncoderDecoder = tuple[nn.Module, DCGANGenerator | MLPGenerator]  # an encoder and a decoder
Cost = Callable[[Tensor], Tensor]


def code_head(dim: int) -> Head:
    """A head for DCGANDiscriminator and MLPCritic: one layer to codes, (B, dim)."""

    def head(channels: int, side: int) -> list[nn.Module]:
        return [nn.Flatten(), nn.Linear(channels * side**2, dim)]

    return head


def image_autoencoder(
    latent: Latent,
    channels: int,
    size: int,
    width: int = 32,
    norm: Norm | None = nn.BatchNorm2d,
    moments: int = 1,
) -> EncoderDecoder:
    """A DCGAN discriminator as the encoder and a DCGAN generator as the decoder.

    moments: outputs of the encoder for each coordinate of a code; 2 for a mean and a variance.
    encoder: images (B, channels, size, size) -> (B, moments * latent.dim).
    decoder: codes (B, latent.dim) -> images in [-1, 1].
    Raises ValueError for a size below 8.
    """
    head = code_head(moments * latent.dim)
    encoder = DCGANDiscriminator(channels, size, width, norm, head).layers
    return encoder, DCGANGenerator(latent, channels, size, width, norm)


def point_autoencoder(
    latent: Latent, dim: int, width: int = 128, moments: int = 1
) -> EncoderDecoder:
    """The same for points: two MLPs of three hidden layers."""
    encoder = MLPCritic(dim, width, head=code_head(moments * latent.dim)).layers
    return encoder, MLPGenerator(latent, dim, width)


def squared_error(error: Tensor) -> Tensor:
    """The square of each coordinate's error."""
    return error.square()


def absolute_error(error: Tensor) -> Tensor:
    """The absolute value of each coordinate's error."""
    return error.abs()


class AutoencoderDiscriminator(nn.Module):
    """EBGAN's discriminator: minus its reconstruction error (arXiv:1609.03126, section 2.3).

    The logit is minus the energy E(x), the mean over coordinates of cost(x - decoder(encoder(x))).
    A mean, not a sum, has one scale for all sizes of images: with `squared_error` and data in
    [-1, 1] it lies between 0 and 4.

    encoder: examples -> codes (B, F). decoder: codes -> examples.
    forward: examples (B, ...) -> logits (B,), at most 0, high = real.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, cost: Cost = squared_error) -> None:
        super().__init__()
        self.encoder, self.decoder, self.cost = encoder, decoder, cost

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(x, self.encoder(x))

    def logits(self, x: Tensor, codes: Tensor) -> Tensor:
        """The logits (B,) of examples whose codes are known."""
        return -self.cost(upcast(x - self.decoder(codes))).flatten(1).mean(1)

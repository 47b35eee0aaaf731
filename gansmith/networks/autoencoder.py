"""Auto-encoders: examples to codes and back, and discriminators that judge by the copy."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.losses.fdivergence import upcast
from gansmith.networks.dcgan import DCGANDiscriminator, DCGANGenerator, Head, Norm
from gansmith.networks.mlp import MLPCritic, MLPGenerator

Coders = tuple[nn.Module, DCGANGenerator | MLPGenerator]  # an encoder and a decoder
Cost = Callable[[Tensor], Tensor]


def code_head(dim: int) -> Head:
    """A head for DCGANDiscriminator and MLPCritic: one layer to codes, (B, dim)."""

    def head(channels: int, side: int) -> list[nn.Module]:
        return [nn.Flatten(), nn.Linear(channels * side**2, dim)]

    return head


def picture_coders(
    latent: Latent,
    channels: int,
    size: int,
    width: int = 32,
    norm: Norm | None = nn.BatchNorm2d,
    numbers: int = 1,
) -> Coders:
    """The two networks of arXiv:1511.06434 end to end, with a code in the middle.

    numbers: what the encoder says of each coordinate of a code; 2 for a mean and a variance.
    encoder: pictures (B, channels, size, size) -> (B, numbers * latent.dim).
    decoder: codes (B, latent.dim) -> pictures in [-1, 1].
    Raises ValueError for a size below 8.
    """
    head = code_head(numbers * latent.dim)
    encoder = DCGANDiscriminator(channels, size, width, norm, head).layers
    return encoder, DCGANGenerator(latent, channels, size, width, norm)


def point_coders(latent: Latent, dim: int, width: int = 128, numbers: int = 1) -> Coders:
    """The same for points: two MLPs of three hidden layers."""
    encoder = MLPCritic(dim, width, head=code_head(numbers * latent.dim)).layers
    return encoder, MLPGenerator(latent, dim, width)


def squared(error: Tensor) -> Tensor:
    """The square of each coordinate's error."""
    return error.square()


def absolute(error: Tensor) -> Tensor:
    """The size of each coordinate's error."""
    return error.abs()


class CopyingDiscriminator(nn.Module):
    """A discriminator that finds real what it can copy (arXiv:1609.03126, section 2.3).

    Its logit is minus the energy E(x), the mean over coordinates of cost(x - copy of x). A mean,
    and not a sum, has one scale for all sizes of pictures: with `squared` and data in [-1, 1] it
    lies between 0 and 4.

    encoder: examples -> codes (B, F). decoder: codes -> examples.
    forward: examples (B, ...) -> logits (B,), at most 0, high = real.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, cost: Cost = squared) -> None:
        super().__init__()
        self.encoder, self.decoder, self.cost = encoder, decoder, cost

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x, self.encoder(x))

    def score(self, x: Tensor, codes: Tensor) -> Tensor:
        """The logits of examples whose codes are known, (B,)."""
        return -self.cost(upcast(x - self.decoder(codes))).flatten(1).mean(1)

"""DCGAN: strided convolutional players for square images from 8 pixels up (arXiv:1511.06434)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from gansmith.core.latent import Latent

Norm = Callable[[int], nn.Module]
Head = Callable[[int, int], list[nn.Module]]
MIN_SIZE = 8
LEAKY_SLOPE = 0.2
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def base_and_doublings(size: int) -> tuple[int, int]:
    """An image side as a base in 4 .. 7 that is doubled: (base, doublings).

    base * 2**doublings is the smallest such product that is >= size: 28 = 7 * 4,
    32 = 4 * 8, 48 = 6 * 8, 64 = 4 * 16, and 30 is cropped from 32.
    Raises ValueError below 8.
    """
    if size < MIN_SIZE:
        raise ValueError(
            f"convolutional players take square images of {MIN_SIZE} pixels a side or more; "
            f"got {size}: pad the images, or use an MLP"
        )
    doublings = 1
    while -(-size // 2**doublings) > 7:
        doublings += 1
    return -(-size // 2**doublings), doublings


def center_crop(x: Tensor, size: int) -> Tensor:
    """The middle size x size part of (B, C, H, W), H and W >= size."""
    top, left = (x.shape[2] - size) // 2, (x.shape[3] - size) // 2
    return x[:, :, top : top + size, left : left + size]


def init_normal(module: nn.Module, std: float = 0.02) -> None:
    """Initialise as in arXiv:1511.06434, section 4, in place.

    Convolution weights N(0, std^2), biases 0; scales of norm layers N(1, std^2), shifts 0.
    """
    for part in module.modules():
        weight, bias = getattr(part, "weight", None), getattr(part, "bias", None)
        if isinstance(part, (*CONVOLUTIONS, nn.Linear)):
            nn.init.normal_(part.weight, 0.0, std)
        elif isinstance(weight, nn.Parameter):
            nn.init.normal_(weight, 1.0, std)
        if isinstance(bias, nn.Parameter):
            nn.init.zeros_(bias)


def conv_norm(conv: Callable[..., nn.Module], norm: Norm | None, *shape: int) -> list[nn.Module]:
    """A convolution with the arguments `shape`, then its norm if there is one.

    shape: input channels, output channels, kernel, stride, padding. A norm subtracts the
    mean, so a convolution before it has no bias.
    """
    layer = conv(*shape, bias=norm is None)
    return [layer] if norm is None else [layer, norm(shape[1])]


class DCGANGenerator(nn.Module):
    """Codes to images by 4x4 transposed convolutions of stride 2 (arXiv:1511.06434, figure 1).

    The code becomes a base x base map (see `base_and_doublings`); each step halves the channels and
    doubles the side; `width` channels come before the last step. At size 32 and width 64:
    latent.dim - 256 - 128 - 64 - channels. Other sides than base * 2**k are cropped from the
    next one.

    norm: a norm layer from a channel count, or None for none.
    forward: z (B, latent.dim) -> images (B, channels, size, size) in [-1, 1].
    Raises ValueError for a size below 8.
    """

    def __init__(
        self,
        latent: Latent,
        channels: int,
        size: int,
        width: int = 64,
        norm: Norm | None = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.latent, self.size = latent, size
        base, doublings = base_and_doublings(size)
        wide = width * 2 ** (doublings - 1)
        up = nn.ConvTranspose2d
        chain = [*conv_norm(up, norm, latent.dim, wide, base, 1, 0), nn.ReLU(inplace=True)]
        for _ in range(doublings - 1):
            chain += [*conv_norm(up, norm, wide, wide // 2, 4, 2, 1), nn.ReLU(inplace=True)]
            wide //= 2
        self.layers = nn.Sequential(*chain, up(wide, channels, 4, 2, 1), nn.Tanh())
        init_normal(self)

    def forward(self, z: Tensor) -> Tensor:
        return center_crop(self.layers(z[:, :, None, None]), self.size)


def logit_head(channels: int, side: int) -> list[nn.Module]:
    """One convolution over the whole (B, channels, side, side) map, to (B, 1)."""
    return [nn.Conv2d(channels, 1, side), nn.Flatten()]


class DCGANDiscriminator(nn.Module):
    """Images to logits by 4x4 convolutions of stride 2 (arXiv:1511.06434, section 3).

    `width` channels after the first step, twice as many after each further one, leaky
    ReLUs of slope 0.2. At size 32 and width 64: channels - 64 - 128 - 256 - 1.

    norm: as in DCGANGenerator, None for WGAN-GP; never after the first convolution (the
    paper's rule). head: from (channels, side) of the last map, the modules that end in (B, 1), for
    example `stddev_head(4)`.
    forward: images (B, channels, size, size) -> logits (B,), high = real.
    layers: all layers, images -> (B, 1).
    Raises ValueError for a size below 8.
    """

    def __init__(
        self,
        channels: int,
        size: int,
        width: int = 64,
        norm: Norm | None = nn.BatchNorm2d,
        head: Head = logit_head,
    ) -> None:
        super().__init__()
        _, halvings = base_and_doublings(size)
        leaky = partial(nn.LeakyReLU, LEAKY_SLOPE, inplace=True)  # saves a map per layer
        chain = [*conv_norm(nn.Conv2d, None, channels, width, 4, 2, 1), leaky()]
        for _ in range(halvings - 1):
            chain += [*conv_norm(nn.Conv2d, norm, width, 2 * width, 4, 2, 1), leaky()]
            width *= 2
        self.layers = nn.Sequential(*chain, *head(width, size // 2**halvings))
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)

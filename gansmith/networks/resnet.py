"""Residual players of WGAN-GP (arXiv:1704.00028, appendix F) and SNGAN (arXiv:1802.05957, B.4)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import Norm, base_and_doublings, center_crop

Resample = Callable[[Tensor], Tensor]


def upsample(x: Tensor) -> Tensor:
    """Nearest neighbour, (B, C, H, W) -> (B, C, 2H, 2W)."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def downsample(x: Tensor) -> Tensor:
    """2x2 means, (B, C, H, W) -> (B, C, H // 2, W // 2)."""
    return F.avg_pool2d(x, 2)


def identity(x: Tensor) -> Tensor:
    """The same map."""
    return x


def mean_pool(x: Tensor) -> Tensor:
    """Mean over positions, (B, C, H, W) -> (B, C): WGAN-GP's."""
    return x.mean((2, 3))


def sum_pool(x: Tensor) -> Tensor:
    """Sum over positions, (B, C, H, W) -> (B, C): SNGAN's."""
    return x.sum((2, 3))


def layer_norm(channels: int) -> nn.Module:
    """Layer normalization over (C, H, W) with a scale and shift a channel (arXiv:1607.06450).

    It does not couple the samples of a batch, so it can be used with a gradient penalty.
    """
    return nn.GroupNorm(1, channels)


class ResidualBlock(nn.Module):
    """y = S(x) + conv(relu(norm(conv(relu(norm(x)))))), with the side doubled, kept or halved.

    Upsampling happens before the first convolution, downsampling after the second. The shortcut S
    resamples, with a 1x1 convolution if the shape changes. `first`: the block that takes the image
    itself, without the leading norm and ReLU.
    Convolutions are uniform with variance 4 / (fan_in + fan_out), shortcuts with half of it.
    forward: (B, inputs, H, W) -> (B, outputs, H', W').
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        resample: Resample = identity,
        norm: Norm | None = None,
        first: bool = False,
    ) -> None:
        super().__init__()
        self.resample, self.first = resample, first
        middle = outputs if resample is not downsample or first else inputs
        self.norm1 = norm(inputs) if norm and not first else nn.Identity()
        self.conv1 = nn.Conv2d(inputs, middle, 3, padding=1)
        self.norm2 = norm(middle) if norm else nn.Identity()
        self.conv2 = nn.Conv2d(middle, outputs, 3, padding=1)
        straight = inputs == outputs and resample is identity
        self.shortcut = nn.Identity() if straight else nn.Conv2d(inputs, outputs, 1)
        init_glorot(self.conv1, math.sqrt(2))
        init_glorot(self.conv2, math.sqrt(2))
        init_glorot(self.shortcut)

    def forward(self, x: Tensor) -> Tensor:
        h = x if self.first else F.relu(self.norm1(x))
        h = self.conv1(upsample(h) if self.resample is upsample else h)
        h = self.conv2(F.relu(self.norm2(h)))
        # a 1x1 convolution commutes with resampling: on the smaller map it costs a quarter
        if self.resample is downsample:
            return downsample(h) + self.shortcut(downsample(x))
        return h + self.resample(self.shortcut(x))


def init_glorot(layer: nn.Module, gain: float = 1.0) -> None:
    """Uniform with variance 2 gain^2 / (fan_in + fan_out), zero bias; other modules untouched."""
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.xavier_uniform_(layer.weight, gain)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


class ResNetGenerator(nn.Module):
    """Codes to images by upsampling residual blocks of constant width.

    At size 32: linear to width x 4 x 4, three upsampling blocks, norm, relu, 3x3 convolution,
    tanh; width 128 is WGAN-GP's, 256 SNGAN's. At 28 two blocks from 7 x 7, at 48 three from
    6 x 6, at 64 four from 4 x 4; other sides are cropped from the next larger one.

    norm: a norm layer from a channel count, or None for none.
    forward: z (B, latent.dim) -> images (B, channels, size, size) in [-1, 1].
    Raises ValueError for a size below 8.
    """

    def __init__(
        self,
        latent: Latent,
        channels: int,
        size: int,
        width: int = 128,
        norm: Norm | None = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.latent, self.size, self.width = latent, size, width
        self.base, doublings = base_and_doublings(size)
        self.linear = nn.Linear(latent.dim, width * self.base**2)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, width, upsample, norm) for _ in range(doublings))
        )
        self.norm = norm(width) if norm else nn.Identity()
        self.last = nn.Conv2d(width, channels, 3, padding=1)
        init_glorot(self.linear)
        init_glorot(self.last)

    def forward(self, z: Tensor) -> Tensor:
        h = self.linear(z).unflatten(1, (self.width, self.base, self.base))
        h = self.last(F.relu(self.norm(self.blocks(h))))
        return torch.tanh(center_crop(h, self.size))


class ResNetCritic(nn.Module):
    """Images to logits by residual blocks of constant width.

    At size 32: two downsampling blocks, two that keep the side, relu, pooling, linear (width 128
    in both papers). At 64 there are three downsampling blocks.

    norm: None (both papers' choice at this size), or `layer_norm`. pool: mean_pool (WGAN-GP)
    or sum_pool (SNGAN).
    forward: images (B, channels, size, size) -> logits (B,), high = real.
    Raises ValueError for a size below 8.
    """

    def __init__(
        self,
        channels: int,
        size: int,
        width: int = 128,
        norm: Norm | None = None,
        pool: Resample = mean_pool,
    ) -> None:
        super().__init__()
        self.pool = pool
        halvings = max(2, base_and_doublings(size)[1] - 1)
        self.blocks = nn.Sequential(
            ResidualBlock(channels, width, downsample, norm, first=True),
            *(ResidualBlock(width, width, downsample, norm) for _ in range(halvings - 1)),
            *(ResidualBlock(width, width, identity, norm) for _ in range(2)),
        )
        self.linear = nn.Linear(width, 1)
        init_glorot(self.linear)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.pool(F.relu(self.blocks(x)))).squeeze(1)

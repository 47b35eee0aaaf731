"""Conditional generators: the condition enters the norm layers, or with the code, or alone."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import LEAKY_SLOPE, DCGANGenerator, center_crop
from gansmith.networks.resnet import ResidualBlock, upsample


class ConditionalBatchNorm(nn.Module):
    """(1 + s(c)) norm(x) + t(c), s and t linear in the condition's vector (arXiv:1707.00683).

    forward: maps (B, channels, H, W), vectors (B, embed_dim) -> (B, channels, H, W).
    """

    def __init__(self, channels: int, embed_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.shift = nn.Linear(embed_dim, channels), nn.Linear(embed_dim, channels)

    def init_shift(self) -> None:
        """Begin with shifts as large as the normalized maps, so that c has an effect at once."""
        nn.init.normal_(self.shift.weight, 0.0, self.shift.in_features**-0.5)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.scale(code)[:, :, None, None], self.shift(code)[:, :, None, None]
        return torch.addcmul(shift, 1 + scale, self.norm(x))


class CBNGenerator(nn.Module):
    """A DCGAN generator with conditional batch norm in every layer (arXiv:1802.05637, app. A).

    A condition that is concatenated with the code instead takes over: batch norm divides by the
    spread of both together, and the part of the code shrinks until all samples of a condition are
    equal. For garments conditioned on the class (`cgan`, width 16, 600 steps) the variance within a
    class is then 0.007, and 0.17 with conditional batch norm; that of real ones is 0.21.

    encoder: conditions -> (B, embed_dim).
    forward: z (B, latent.dim), c -> images (B, channels, size, size) in [-1, 1].
    """

    def __init__(
        self,
        encoder: nn.Module,
        embed_dim: int,
        latent: Latent,
        channels: int,
        size: int,
        width: int,
    ) -> None:
        super().__init__()
        self.encoder, self.latent, self.size = encoder, latent, size
        norm = partial(ConditionalBatchNorm, embed_dim=embed_dim)
        self.layers = DCGANGenerator(latent, channels, size, width, norm).layers
        for layer in self.layers:
            if isinstance(layer, ConditionalBatchNorm):
                layer.init_shift()

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        code, x = self.encoder(c), z[:, :, None, None]
        for layer in self.layers:
            x = layer(x, code) if isinstance(layer, ConditionalBatchNorm) else layer(x)
        return center_crop(x, self.size)


class ConcatGenerator(nn.Module):
    """A DCGAN generator of code and condition, concatenated (arXiv:1411.1784, figure 1).

    Where every example has a condition of its own, as with audio, the conditions bring variety.

    encoder: conditions -> (B, embed_dim).
    forward: z (B, latent.dim), c -> images (B, channels, size, size) in [-1, 1].
    """

    def __init__(
        self,
        encoder: nn.Module,
        embed_dim: int,
        latent: Latent,
        channels: int,
        size: int,
        width: int,
    ) -> None:
        super().__init__()
        self.encoder, self.latent = encoder, latent
        self.body = DCGANGenerator(Latent(latent.dim + embed_dim), channels, size, width)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.body(torch.cat([z, self.encoder(c)], 1))


class Regressor(nn.Module):
    """A DCGAN generator of the condition alone: deterministic.

    encoder: conditions -> (B, embed_dim).
    forward: z (unused), c -> images (B, channels, size, size) in [-1, 1].
    """

    def __init__(
        self, encoder: nn.Module, embed_dim: int, channels: int, size: int, width: int
    ) -> None:
        super().__init__()
        self.encoder, self.latent = encoder, Latent(1)
        self.body = DCGANGenerator(Latent(embed_dim), channels, size, width)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.body(self.encoder(c))


class StageTwoGenerator(nn.Module):
    """StackGAN's stage II: small images and conditions to images of twice the side
    (arXiv:1612.03242, section 3.3).

    The condition's vector is concatenated at every position; residual blocks, then one upsampling.
    forward: images (B, channels, H, W), conditions -> (B, channels, 2 H, 2 W) in [-1, 1].
    """

    def __init__(
        self, channels: int, width: int, encoder: nn.Module, embed_dim: int, blocks: int = 2
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.first = nn.Conv2d(channels + embed_dim, width, 3, padding=1)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, width, norm=nn.BatchNorm2d) for _ in range(blocks))
        )
        self.up = ResidualBlock(width, width, upsample, nn.BatchNorm2d)
        self.last = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        code = self.encoder(c)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        h = self.up(self.blocks(self.first(torch.cat([x, code], 1))))
        return torch.tanh(self.last(F.leaky_relu(h, LEAKY_SLOPE)))

    @staticmethod
    def upsampled(x: Tensor) -> Tensor:
        """The same images at twice the side, (B, C, H, W) -> (B, C, 2 H, 2 W)."""
        return F.interpolate(x, scale_factor=2, mode="bilinear")

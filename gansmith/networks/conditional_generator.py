"""Generators that are told what is asked.

A condition is heard in the norm layers, beside the code, or alone, as the class says.
"""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import SLOPE, DCGANGenerator, centre
from gansmith.networks.resnet import Residual, grow


class ToldNorm(nn.Module):
    """Batch norm whose scales and shifts are told: (1 + s(c)) norm(x) + t(c) (arXiv:1707.00683).

    forward: maps (B, channels, H, W), the condition's vector (B, code) -> (B, channels, H, W).
    """

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.shift = nn.Linear(code, channels), nn.Linear(code, channels)

    def speak_up(self) -> None:
        """Begin with shifts as large as what they are added to, so that c is heard at once."""
        nn.init.normal_(self.shift.weight, 0.0, self.shift.in_features**-0.5)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.scale(code)[:, :, None, None], self.shift(code)[:, :, None, None]
        return torch.addcmul(shift, 1 + scale, self.norm(x))


class AskedGenerator(nn.Module):
    """A DCGAN generator that is told what is asked in every norm layer (arXiv:1802.05637, app. A).

    A condition laid beside the code takes over: batch norm divides by the spread of both together,
    and what the code adds shrinks until all answers to a condition are the same. Of garments asked
    by class (`cgan`, width 16, 600 steps) the variance within a class is then 0.007, and 0.17 this
    way; of real ones it is 0.21.

    encoder: conditions -> (B, code).
    forward: z (B, latent.dim), c -> pictures (B, channels, size, size) in [-1, 1].
    """

    def __init__(
        self, encoder: nn.Module, code: int, latent: Latent, channels: int, size: int, width: int
    ) -> None:
        super().__init__()
        self.encoder, self.latent, self.size = encoder, latent, size
        norm = partial(ToldNorm, code=code)
        self.layers = DCGANGenerator(latent, channels, size, width, norm).layers
        for layer in self.layers:
            if isinstance(layer, ToldNorm):
                layer.speak_up()

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        code, x = self.encoder(c), z[:, :, None, None]
        for layer in self.layers:
            x = layer(x, code) if isinstance(layer, ToldNorm) else layer(x)
        return centre(x, self.size)


class JoinedGenerator(nn.Module):
    """A DCGAN generator of code and condition laid side by side (arXiv:1411.1784, figure 1).

    Where no two examples have one condition, as with sounds, variety comes by the conditions.

    encoder: conditions -> (B, code).
    forward: z (B, latent.dim), c -> pictures (B, channels, size, size) in [-1, 1].
    """

    def __init__(
        self, encoder: nn.Module, code: int, latent: Latent, channels: int, size: int, width: int
    ) -> None:
        super().__init__()
        self.encoder, self.latent = encoder, latent
        self.body = DCGANGenerator(Latent(latent.dim + code), channels, size, width)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.body(torch.cat([z, self.encoder(c)], 1))


class MeanGenerator(nn.Module):
    """A DCGAN generator of the condition alone: nothing is left to chance.

    encoder: conditions -> (B, code).
    forward: z (unused), c -> pictures (B, channels, size, size) in [-1, 1].
    """

    def __init__(self, encoder: nn.Module, code: int, channels: int, size: int, width: int) -> None:
        super().__init__()
        self.encoder, self.latent = encoder, Latent(1)
        self.body = DCGANGenerator(Latent(code), channels, size, width)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.body(self.encoder(c))


class Enlarger(nn.Module):
    """Small pictures to pictures of twice the side, as asked (arXiv:1612.03242, stage II).

    The condition's vector is laid beside every place; residual blocks, then one step up.
    forward: pictures (B, channels, H, W), conditions -> (B, channels, 2 H, 2 W) in [-1, 1].
    """

    def __init__(
        self, channels: int, width: int, encoder: nn.Module, code: int, blocks: int = 2
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.first = nn.Conv2d(channels + code, width, 3, padding=1)
        self.blocks = nn.Sequential(
            *(Residual(width, width, norm=nn.BatchNorm2d) for _ in range(blocks))
        )
        self.grow = Residual(width, width, grow, nn.BatchNorm2d)
        self.last = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        code = self.encoder(c)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        h = self.grow(self.blocks(self.first(torch.cat([x, code], 1))))
        return torch.tanh(self.last(F.leaky_relu(h, SLOPE)))

    @staticmethod
    def enlarged(x: Tensor) -> Tensor:
        """The same pictures at twice the side, (B, C, H, W) -> (B, C, 2 H, 2 W)."""
        return F.interpolate(x, scale_factor=2, mode="bilinear")

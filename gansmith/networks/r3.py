"""The residual networks of R3GAN, without any norm (arXiv:2501.05441, section 4, config E)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import centre, ladder

SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + SLOPE**2))
GROUP = 16  # channels that a 3x3 convolution sees at once
WIDER = 2  # how much wider the inside of a block is
BLOCKS = 2  # in a stage


def scaled(layer: nn.Conv2d | nn.Linear, gain: float) -> nn.Module:
    """The layer with weights N(0, gain^2 / inputs) and biases 0; gain 0 clears them."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """x + W3 act(W2 act(W1 x)), W1 and W3 1x1, W2 3x3 in groups: (B, C, H, W) as it was.

    Fix-up initialisation (arXiv:1901.09321): W3 begins at 0, so that a block begins as the
    identity; W1 and W2 are scaled down by (blocks of the network)^(-1/4).
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        inside = WIDER * channels
        gain = GAIN * blocks**-0.25
        groups = max(1, inside // GROUP)
        self.layers = nn.Sequential(
            scaled(nn.Conv2d(channels, inside, 1), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            scaled(nn.Conv2d(inside, inside, 3, 1, 1, groups=groups), gain),
            nn.LeakyReLU(SLOPE, inplace=True),
            scaled(nn.Conv2d(inside, channels, 1, bias=False), 0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y


class R3Generator(nn.Module):
    """Codes to pictures: a learnt map scaled by the code, then blocks, bilinear steps between.

    width: channels at the picture's own size; each halving of the side doubles them, up to 4 times.
    forward: z (B, latent.dim) -> pictures (B, channels, size, size), not bounded.
    Raises ValueError for a size below 8, or a width that is no multiple of 8.
    """

    def __init__(self, latent: Latent, channels: int, size: int, width: int = 32) -> None:
        super().__init__()
        self.latent, self.size = latent, size
        base, doublings = ladder(size)
        widths = stages(width, doublings)[::-1]
        blocks = BLOCKS * len(widths)
        self.start = nn.Parameter(torch.randn(widths[0], base, base))
        self.code = scaled(nn.Linear(latent.dim, widths[0], bias=False), 1.0)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(wide, blocks) for _ in range(BLOCKS))) for wide in widths
        )
        self.steps = nn.ModuleList(
            scaled(nn.Conv2d(before, after, 1, bias=False), 1.0)
            for before, after in pairwise(widths)
        )
        self.colour = scaled(nn.Conv2d(widths[-1], channels, 1), 1.0)

    def forward(self, z: Tensor) -> Tensor:
        x = self.blocks[0](self.start * self.code(z)[:, :, None, None])
        for step, blocks in zip(self.steps, self.blocks[1:], strict=True):
            x = blocks(step(F.interpolate(x, scale_factor=2, mode="bilinear")))
        return centre(self.colour(x), self.size)


class R3Discriminator(nn.Module):
    """Pictures to logits: the generator's ladder downwards.

    forward: pictures (B, channels, size, size) -> logits (B,), high = real.
    Raises ValueError for a size below 8, or a width that is no multiple of 8.
    """

    def __init__(self, channels: int, size: int, width: int = 32) -> None:
        super().__init__()
        base, halvings = ladder(size)
        self.padding = base * 2**halvings - size
        widths = stages(width, halvings)
        blocks = BLOCKS * len(widths)
        self.colour = scaled(nn.Conv2d(channels, widths[0], 1), 1.0)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(Block(wide, blocks) for _ in range(BLOCKS))) for wide in widths
        )
        self.steps = nn.ModuleList(
            scaled(nn.Conv2d(before, after, 1, bias=False), 1.0)
            for before, after in pairwise(widths)
        )
        last = widths[-1]
        self.places = scaled(nn.Conv2d(last, last, base, groups=last, bias=False), 1.0)
        self.logit = scaled(nn.Linear(last, 1, bias=False), 1.0)

    def forward(self, x: Tensor) -> Tensor:
        before, after = self.padding // 2, self.padding - self.padding // 2
        x = self.colour(F.pad(x, (before, after, before, after)))
        x = self.blocks[0](x)
        for step, blocks in zip(self.steps, self.blocks[1:], strict=True):
            x = blocks(step(F.avg_pool2d(x, 2)))  # the bilinear halving
        logit: Tensor = self.logit(self.places(x).flatten(1))
        return logit.squeeze(1)


def stages(width: int, halvings: int) -> list[int]:
    """Channels of each stage, the widest side first."""
    if width < 8 or width % 8:
        raise ValueError(f"these networks want a width that is a multiple of 8; got {width}")
    return [width * min(2**k, 4) for k in range(halvings + 1)]

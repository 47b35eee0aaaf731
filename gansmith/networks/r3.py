"""The residual networks of R3GAN, without any norm (arXiv:2501.05441, section 4, config E)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import base_and_doublings, center_crop

LEAKY_SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + LEAKY_SLOPE**2))
GROUP = 16  # channels in a group of a 3x3 convolution
WIDER = 2  # inner width of a block, relative to its outer width
BLOCKS = 2  # in a stage


def init_scaled(layer: nn.Conv2d | nn.Linear, gain: float) -> nn.Module:
    """The layer with weights N(0, gain^2 / inputs) and biases 0; weights 0 for gain 0."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class R3Block(nn.Module):
    """x + W3 act(W2 act(W1 x)), W1 and W3 1x1, W2 a grouped 3x3: (B, C, H, W) -> the same shape.

    Fix-up initialization (arXiv:1901.09321): W3 begins at 0, so that a block begins as the
    identity; W1 and W2 are scaled down by (blocks of the network)^(-1/4).
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        inside = WIDER * channels
        gain = GAIN * blocks**-0.25
        groups = max(1, inside // GROUP)
        self.layers = nn.Sequential(
            init_scaled(nn.Conv2d(channels, inside, 1), gain),
            nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
            init_scaled(nn.Conv2d(inside, inside, 3, 1, 1, groups=groups), gain),
            nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
            init_scaled(nn.Conv2d(inside, channels, 1, bias=False), 0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y


class R3Generator(nn.Module):
    """Codes to images: a learned map scaled by the code, then blocks with bilinear upsampling.

    width: channels at full size; each halving of the side doubles them, up to 4 times.
    forward: z (B, latent.dim) -> images (B, channels, size, size), not bounded.
    Raises ValueError for a size below 8, or a width that is no multiple of 8.
    """

    def __init__(self, latent: Latent, channels: int, size: int, width: int = 32) -> None:
        super().__init__()
        self.latent, self.size = latent, size
        base, doublings = base_and_doublings(size)
        widths = stage_widths(width, doublings)[::-1]
        blocks = BLOCKS * len(widths)
        self.start = nn.Parameter(torch.randn(widths[0], base, base))
        self.project = init_scaled(nn.Linear(latent.dim, widths[0], bias=False), 1.0)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(R3Block(wide, blocks) for _ in range(BLOCKS))) for wide in widths
        )
        self.steps = nn.ModuleList(
            init_scaled(nn.Conv2d(before, after, 1, bias=False), 1.0)
            for before, after in pairwise(widths)
        )
        self.to_rgb = init_scaled(nn.Conv2d(widths[-1], channels, 1), 1.0)

    def forward(self, z: Tensor) -> Tensor:
        x = self.blocks[0](self.start * self.project(z)[:, :, None, None])
        for step, blocks in zip(self.steps, self.blocks[1:], strict=True):
            x = blocks(step(F.interpolate(x, scale_factor=2, mode="bilinear")))
        return center_crop(self.to_rgb(x), self.size)


class R3Discriminator(nn.Module):
    """Images to logits: the mirror image of the generator.

    forward: images (B, channels, size, size) -> logits (B,), high = real.
    Raises ValueError for a size below 8, or a width that is no multiple of 8.
    """

    def __init__(self, channels: int, size: int, width: int = 32) -> None:
        super().__init__()
        base, halvings = base_and_doublings(size)
        self.padding = base * 2**halvings - size
        widths = stage_widths(width, halvings)
        blocks = BLOCKS * len(widths)
        self.from_rgb = init_scaled(nn.Conv2d(channels, widths[0], 1), 1.0)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(R3Block(wide, blocks) for _ in range(BLOCKS))) for wide in widths
        )
        self.steps = nn.ModuleList(
            init_scaled(nn.Conv2d(before, after, 1, bias=False), 1.0)
            for before, after in pairwise(widths)
        )
        last = widths[-1]
        self.spatial = init_scaled(nn.Conv2d(last, last, base, groups=last, bias=False), 1.0)
        self.logit = init_scaled(nn.Linear(last, 1, bias=False), 1.0)

    def forward(self, x: Tensor) -> Tensor:
        before, after = self.padding // 2, self.padding - self.padding // 2
        x = self.from_rgb(F.pad(x, (before, after, before, after)))
        x = self.blocks[0](x)
        for step, blocks in zip(self.steps, self.blocks[1:], strict=True):
            x = blocks(step(F.avg_pool2d(x, 2)))  # the bilinear halving
        logit: Tensor = self.logit(self.spatial(x).flatten(1))
        return logit.squeeze(1)


def stage_widths(width: int, halvings: int) -> list[int]:
    """Channels of each stage, the largest side first."""
    if width < 8 or width % 8:
        raise ValueError(f"R3GAN's networks take a width that is a multiple of 8; got {width}")
    return [width * min(2**k, 4) for k in range(halvings + 1)]

"""Answers to pictures: a U-Net for any size (arXiv:1611.07004, section 6.1), and an enlarger."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import SLOPE, Norm, normal_weights, normed

WIDEST = 8  # times `width`
NOISY = 3  # innermost steps up with dropout


class UNet(nn.Module):
    """Pictures to pictures, down to a small map and up again, each step up beside its step down.

    4x4 convolutions of stride 2; channels width, 2 width, 4 width, 8 width, 8 width ...; `depth`
    steps. Half of the channels of the innermost steps up are dropped, which is the noise.
    Departs from the paper in: whole channels are dropped, so that the noise does not depend on the
    size of the picture; it is drawn by the game, as a code.

    noisy: how many of the innermost steps up have dropout; 0 makes answers certain.
    norm: makes a norm layer from a channel count; with batch statistics it answers alike for a
    picture and for a part of it, once it is trained.
    noisy: how many steps up are dropped from; with 0 the code is not looked at.
    reach: how far a pixel of the answer may look, in pixels.
    forward: z (B, latent.dim), pictures (B, inputs, H, W) of any size -> (B, outputs, H, W) in
    [-1, 1]. Sides that 2**depth does not divide are continued by their last row, and cut again.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int = 64,
        depth: int = 5,
        norm: Norm | None = nn.BatchNorm2d,
        noisy: int = NOISY,
    ) -> None:
        super().__init__()
        wide = [width * min(2**step, WIDEST) for step in range(depth)]
        self.depth = depth
        self.reach = 4 * 2**depth
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for step, after in enumerate(wide):
            before = wide[step - 1] if step else inputs
            kind = norm if 0 < step < depth - 1 else None
            self.down.append(nn.Sequential(*normed(nn.Conv2d, kind, before, after, 4, 2, 1)))
        for step in reversed(range(depth)):
            before = wide[step] * (1 if step == depth - 1 else 2)
            after = wide[step - 1] if step else outputs
            kind = norm if step else None
            up = normed(nn.ConvTranspose2d, kind, before, after, 4, 2, 1)
            self.up.append(nn.Sequential(*up))
        self.dropped = [wide[step - 1] for step in reversed(range(1, depth))][:noisy]
        self.latent = Latent(max(1, sum(self.dropped)), "uniform")
        normal_weights(self)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return torch.tanh(self.before_tanh(z, c))

    def before_tanh(self, z: Tensor, c: Tensor) -> Tensor:
        """The same before it is brought into [-1, 1]."""
        height, width = c.shape[2:]
        block = 2**self.depth
        x = F.pad(c, (0, -width % block, 0, -height % block), "replicate")
        seen: list[Tensor] = []
        for layer in self.down:
            x = layer(F.leaky_relu(x, SLOPE) if seen else x)
            seen.append(x)
        masks = z.split(self.dropped, 1) if self.dropped else ()
        for step, layer in enumerate(self.up):
            beside = seen[self.depth - 1 - step]
            x = layer(F.relu(x if step == 0 else torch.cat([x, beside], 1)))
            if step < len(masks):
                x = x * (2.0 * (masks[step] >= 0))[:, :, None, None]
        return x[:, :, :height, :width]


class Upscaler(nn.Module):
    """Small pictures to large ones: residual blocks, pixel shuffles (arXiv:1609.04802, fig. 4).

    The blocks work on the small picture; its bilinear enlargement is added to what they say, so an
    untrained net already enlarges. Departs from the paper in: that sum, and no norm, which only
    holds a regression back (arXiv:1707.02921, section 3.1).

    factor: 2 or 4. forward: z (unused), pictures (B, channels, H, W) -> (B, channels, factor H,
    factor W) in [-1, 1]. Raises ValueError for another factor.
    """

    def __init__(self, channels: int, factor: int, width: int = 64, blocks: int = 4) -> None:
        super().__init__()
        if factor not in (2, 4):
            raise ValueError(f"pictures are enlarged by 2 or 4; got {factor}")
        self.factor, self.latent = factor, Latent(1)
        self.reach = 2 ** (2 * blocks + 6).bit_length()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1),
                nn.LeakyReLU(SLOPE),
                nn.Conv2d(width, width, 3, padding=1),
            )
            for _ in range(blocks)
        )
        grow: list[nn.Module] = []
        for _ in range(factor // 2):
            grow += [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2)]
            grow += [nn.LeakyReLU(SLOPE)]
        self.grow = nn.Sequential(*grow, nn.Conv2d(width, channels, 3, padding=1))
        last = self.grow[-1]
        nn.init.normal_(last.weight, 0, 1e-3)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        x = self.first(c)
        for block in self.blocks:
            x = x + block(x)
        large = F.interpolate(c, scale_factor=float(self.factor), mode="bilinear")
        return (large + self.grow(x)).clamp(-1, 1)


class Pasted(nn.Module):
    """What is known of a picture stays; only what is missing comes from the net.

    forward: z, (B, channels + 1, H, W) whose last channel is 1 where the picture is missing and -1
    elsewhere -> (B, channels, H, W).
    """

    def __init__(self, net: UNet) -> None:
        super().__init__()
        self.net, self.latent, self.reach = net, net.latent, net.reach

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        missing = (c[:, -1:] + 1) / 2
        return c[:, :-1] * (1 - missing) + self.net(z, c) * missing


class Beside(nn.Module):
    """A discriminator of pictures, shown the condition as further channels of the picture.

    net: (B, channels + condition's channels, H, W) -> logits (B,) or a map.
    forward: pictures, conditions -> logits; a smaller condition is enlarged first.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        if c.shape[2:] != x.shape[2:]:
            c = F.interpolate(c, size=x.shape[2:], mode="nearest")
        return self.net(torch.cat([x, c], 1))


class Blind(nn.Module):
    """The same without the condition: is it a picture at all?"""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.net(x)

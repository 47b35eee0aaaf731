"""Image-to-image generators for any size: pix2pix's U-Net and a super-resolution net."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import LEAKY_SLOPE, Norm, conv_norm, init_normal

MAX_WIDENING = 8  # largest channel count, in units of `width`
DROPOUT_STEPS = 3  # innermost upsampling layers with dropout


class UNet(nn.Module):
    """pix2pix's generator (arXiv:1611.07004, section 6.1): convolutions with skip connections.

    4x4 convolutions of stride 2; channels width, 2 width, 4 width, 8 width, 8 width ...; `depth`
    layers down and up. Half of the channels of the innermost layers up are dropped, which is the
    noise. Departs from the paper in: whole channels are dropped, so that the noise does not depend
    on the size of the image; it is drawn by the game, as a code.

    norm: a norm layer from a channel count; a batch norm gives, in evaluation mode, the same output
    for an image and for a part of it.
    dropout_steps: number of layers with dropout; with 0 the output is deterministic.
    reach: radius of the receptive field, in pixels.
    forward: z (B, latent.dim), images (B, inputs, H, W) of any size -> (B, outputs, H, W) in
    [-1, 1]. Other sides than multiples of 2**depth are padded by replication, and cropped again.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int = 64,
        depth: int = 5,
        norm: Norm | None = nn.BatchNorm2d,
        dropout_steps: int = DROPOUT_STEPS,
    ) -> None:
        super().__init__()
        wide = [width * min(2**step, MAX_WIDENING) for step in range(depth)]
        self.depth = depth
        self.reach = 4 * 2**depth
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for step, after in enumerate(wide):
            before = wide[step - 1] if step else inputs
            kind = norm if 0 < step < depth - 1 else None
            self.down.append(nn.Sequential(*conv_norm(nn.Conv2d, kind, before, after, 4, 2, 1)))
        for step in reversed(range(depth)):
            before = wide[step] * (1 if step == depth - 1 else 2)
            after = wide[step - 1] if step else outputs
            kind = norm if step else None
            up = conv_norm(nn.ConvTranspose2d, kind, before, after, 4, 2, 1)
            self.up.append(nn.Sequential(*up))
        self.dropped = [wide[step - 1] for step in reversed(range(1, depth))][:dropout_steps]
        self.latent = Latent(max(1, sum(self.dropped)), "uniform")
        init_normal(self)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return torch.tanh(self.before_tanh(z, c))

    def before_tanh(self, z: Tensor, c: Tensor) -> Tensor:
        """The output before the tanh."""
        height, width = c.shape[2:]
        block = 2**self.depth
        x = F.pad(c, (0, -width % block, 0, -height % block), "replicate")
        skips: list[Tensor] = []
        for layer in self.down:
            x = layer(F.leaky_relu(x, LEAKY_SLOPE) if skips else x)
            skips.append(x)
        masks = z.split(self.dropped, 1) if self.dropped else ()
        for step, layer in enumerate(self.up):
            skip = skips[self.depth - 1 - step]
            x = layer(F.relu(x if step == 0 else torch.cat([x, skip], 1)))
            if step < len(masks):
                x = x * (2.0 * (masks[step] >= 0))[:, :, None, None]
        return x[:, :, :height, :width]


class Upscaler(nn.Module):
    """Super-resolution: residual blocks, pixel shuffles (arXiv:1609.04802, fig. 4).

    The blocks work on the small image; bilinear interpolation is added to their output, so an
    untrained net already enlarges. Departs from the paper in: that sum, and no norm, which only
    hinders a regression (arXiv:1707.02921, section 3.1).

    factor: 2 or 4. forward: z (unused), images (B, channels, H, W) -> (B, channels, factor H,
    factor W) in [-1, 1]. Raises ValueError for another factor.
    """

    def __init__(self, channels: int, factor: int, width: int = 64, blocks: int = 4) -> None:
        super().__init__()
        if factor not in (2, 4):
            raise ValueError(f"images are enlarged by 2 or 4; got {factor}")
        self.factor, self.latent = factor, Latent(1)
        self.reach = 2 ** (2 * blocks + 6).bit_length()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1),
                nn.LeakyReLU(LEAKY_SLOPE),
                nn.Conv2d(width, width, 3, padding=1),
            )
            for _ in range(blocks)
        )
        up: list[nn.Module] = []
        for _ in range(factor // 2):
            up += [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2)]
            up += [nn.LeakyReLU(LEAKY_SLOPE)]
        self.up = nn.Sequential(*up, nn.Conv2d(width, channels, 3, padding=1))
        last = self.up[-1]
        nn.init.normal_(last.weight, 0, 1e-3)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        x = self.first(c)
        for block in self.blocks:
            x = x + block(x)
        large = F.interpolate(c, scale_factor=float(self.factor), mode="bilinear")
        return (large + self.up(x)).clamp(-1, 1)


class MaskComposite(nn.Module):
    """Inpainting: the known part of an image is kept, the missing part comes from the net.

    forward: z, (B, channels + 1, H, W) whose last channel is 1 where the image is missing and -1
    elsewhere -> (B, channels, H, W).
    """

    def __init__(self, net: UNet) -> None:
        super().__init__()
        self.net, self.latent, self.reach = net, net.latent, net.reach

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        missing = (c[:, -1:] + 1) / 2
        return c[:, :-1] * (1 - missing) + self.net(z, c) * missing


class PairDiscriminator(nn.Module):
    """A discriminator of pairs: the condition is concatenated to the image as further channels.

    net: (B, channels + condition's channels, H, W) -> logits (B,) or a map.
    forward: images, conditions -> logits; a smaller condition is upsampled first.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        if c.shape[2:] != x.shape[2:]:
            c = F.interpolate(c, size=x.shape[2:], mode="nearest")
        return self.net(torch.cat([x, c], 1))


class ImageOnlyDiscriminator(nn.Module):
    """A control: the discriminator gets the condition and ignores it."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.net(x)

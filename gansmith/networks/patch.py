"""PatchGAN: discriminators of patches, not of whole images (arXiv:1611.07004, section 3.2.2)."""

from __future__ import annotations

from torch import Tensor, nn

from gansmith.networks.dcgan import LEAKY_SLOPE, Norm, conv_norm, init_normal


def receptive_field(layers: nn.Sequential) -> int:
    """Side, in input pixels, of the square that one position of the output map depends on.

    r = 1 after the last convolution; going back through each, r <- (r - 1) stride + kernel.
    Norms that average over positions are ignored.
    """
    side = 1
    for layer in reversed(layers):
        if isinstance(layer, nn.Conv2d):
            side = (side - 1) * layer.stride[0] + layer.kernel_size[0]
    return side


class PatchDiscriminator(nn.Module):
    """Images to a map of logits, each for one patch.

    `layers` 4x4 convolutions of stride 2, then two of stride 1, the last to one channel;
    channels width, 2 width, 4 width, at most 8 width; leaky ReLUs of slope 0.2; no norm
    after the first. Patch side by `layers`: 0: 7, 1: 16, 2: 34, 3: 70 (CycleGAN's and
    pix2pix's), 4: 142. `PixelDiscriminator` has side 1.

    norm: a norm layer from a channel count, or None for none.
    forward: images (B, channels, H, W) of any size >= 3 * 2**layers -> (B, 1, h, w), high =
    real, h = H // 2**layers - 2. Raises ValueError for smaller images.
    """

    def __init__(
        self,
        channels: int,
        width: int = 64,
        layers: int = 3,
        norm: Norm | None = nn.InstanceNorm2d,
    ) -> None:
        super().__init__()
        if layers < 0:
            raise ValueError(f"layers counts the strided convolutions, 0 or more; got {layers}")
        self.smallest = 3 * 2**layers
        chain: list[nn.Module] = []
        before = channels
        for i in range(layers + 1):
            after = min(2**i, 8) * width
            stride = 2 if i < layers else 1
            chain += conv_norm(nn.Conv2d, norm if i else None, before, after, 4, stride, 1)
            chain += [nn.LeakyReLU(LEAKY_SLOPE)]
            before = after
        self.layers = nn.Sequential(*chain, nn.Conv2d(before, 1, 4, 1, 1))
        init_normal(self)

    def receptive_field(self) -> int:
        """Side of a patch in pixels."""
        return receptive_field(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) < self.smallest:
            raise ValueError(
                f"this patch discriminator takes images of side {self.smallest} or more; got "
                f"{tuple(x.shape[2:])}: use fewer layers"
            )
        return self.layers(x)


class PixelDiscriminator(nn.Module):
    """Images to a map of logits, each for one pixel (arXiv:1611.07004, section 6.1.2).

    1x1 convolutions, channels width, 2 width, 1; leaky ReLUs of slope 0.2.
    forward: images (B, channels, H, W) -> (B, 1, H, W), high = real.
    """

    def __init__(
        self, channels: int, width: int = 64, norm: Norm | None = nn.InstanceNorm2d
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 1),
            nn.LeakyReLU(LEAKY_SLOPE),
            *conv_norm(nn.Conv2d, norm, width, 2 * width, 1, 1, 0),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv2d(2 * width, 1, 1),
        )
        init_normal(self)

    def receptive_field(self) -> int:
        """Side of a patch in pixels: 1."""
        return receptive_field(self.layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)

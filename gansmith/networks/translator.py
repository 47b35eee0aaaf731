"""The image-to-image generator of CycleGAN (arXiv:1703.10593, section 7.2)."""

from __future__ import annotations

from torch import Tensor, nn

from gansmith.networks.dcgan import Norm, conv_norm, init_normal

MIN_SIZE = 8


class ReflectionResidualBlock(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3x3 with reflection padding; the paper's R layer.

    forward: (B, channels, H, W) -> the same shape.
    """

    def __init__(self, channels: int, norm: Norm | None) -> None:
        super().__init__()
        shape = (channels, channels, 3, 1, 0)
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *conv_norm(nn.Conv2d, norm, *shape),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            *conv_norm(nn.Conv2d, norm, *shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def transposed_conv(inputs: int, outputs: int, kernel: int, bias: bool) -> nn.Module:
    """A transposed convolution of stride 2 that doubles the side."""
    return nn.ConvTranspose2d(inputs, outputs, kernel, 2, 1, output_padding=1, bias=bias)


class TranslatorGenerator(nn.Module):
    """Images of one domain to images of another, of the same size.

    c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3 at width 64; the paper uses 6 blocks
    for 128 x 128 images and 9 from 256 x 256 on. Convolutions before a norm have no bias:
    the norm would remove it.

    norm: a norm layer from a channel count, or None for none.
    forward: images (B, inputs, H, W), H and W >= 8 -> (B, outputs, H, W) in [-1, 1]. Other
    sides than multiples of 4 are cropped from the next one.
    Raises ValueError for smaller images.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int = 64,
        blocks: int = 9,
        norm: Norm | None = nn.InstanceNorm2d,
    ) -> None:
        super().__init__()
        wide = 4 * width
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(3),
            *conv_norm(nn.Conv2d, norm, inputs, width, 7, 1, 0),
            nn.ReLU(),
            *conv_norm(nn.Conv2d, norm, width, 2 * width, 3, 2, 1),
            nn.ReLU(),
            *conv_norm(nn.Conv2d, norm, 2 * width, wide, 3, 2, 1),
            nn.ReLU(),
            *(ReflectionResidualBlock(wide, norm) for _ in range(blocks)),
            *conv_norm(transposed_conv, norm, wide, 2 * width, 3),
            nn.ReLU(),
            *conv_norm(transposed_conv, norm, 2 * width, width, 3),
            nn.ReLU(),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, outputs, 7),
            nn.Tanh(),
        )
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        if min(height, width) < MIN_SIZE:
            raise ValueError(
                f"the translator takes images of side {MIN_SIZE} or more; got {(height, width)}"
            )
        return self.layers(x)[:, :, :height, :width]

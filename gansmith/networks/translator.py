"""The picture to picture generator of CycleGAN (arXiv:1703.10593, section 7.2)."""

from __future__ import annotations

from torch import Tensor, nn

from gansmith.networks.dcgan import Norm, normal_weights, normed

SMALLEST = 8


class ReflectedResidual(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3x3 with reflected borders; the paper's R layer.

    forward: (B, channels, H, W) -> the same shape.
    """

    def __init__(self, channels: int, norm: Norm | None) -> None:
        super().__init__()
        shape = (channels, channels, 3, 1, 0)
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *normed(nn.Conv2d, norm, *shape),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            *normed(nn.Conv2d, norm, *shape),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def transposed(inputs: int, outputs: int, kernel: int, bias: bool) -> nn.Module:
    """A transposed convolution of stride 2 that doubles the side."""
    return nn.ConvTranspose2d(inputs, outputs, kernel, 2, 1, output_padding=1, bias=bias)


class TranslatorGenerator(nn.Module):
    """Pictures of one domain to pictures of another, of the same size.

    c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3 at width 64; the paper takes 6 blocks
    for 128 x 128 pictures and 9 from 256 x 256 on. Convolutions before a norm have no bias:
    the norm would remove it.

    norm: makes a norm layer from a channel count, or None for none.
    forward: pictures (B, inputs, H, W), H and W >= 8 -> (B, outputs, H, W) in [-1, 1]. Sides
    that are no multiple of 4 are cut from the next one that is.
    Raises ValueError for smaller pictures.
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
            *normed(nn.Conv2d, norm, inputs, width, 7, 1, 0),
            nn.ReLU(),
            *normed(nn.Conv2d, norm, width, 2 * width, 3, 2, 1),
            nn.ReLU(),
            *normed(nn.Conv2d, norm, 2 * width, wide, 3, 2, 1),
            nn.ReLU(),
            *(ReflectedResidual(wide, norm) for _ in range(blocks)),
            *normed(transposed, norm, wide, 2 * width, 3),
            nn.ReLU(),
            *normed(transposed, norm, 2 * width, width, 3),
            nn.ReLU(),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, outputs, 7),
            nn.Tanh(),
        )
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        if min(height, width) < SMALLEST:
            raise ValueError(
                f"the translator takes pictures of side {SMALLEST} or more; got {(height, width)}"
            )
        return self.layers(x)[:, :, :height, :width]

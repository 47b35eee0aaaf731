"""Players of StarGAN (arXiv:1711.09020, appendix 7.2): one translator for all domains."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from gansmith.networks.dcgan import LEAKY_SLOPE, base_and_doublings
from gansmith.networks.translator import TranslatorGenerator

LEVELS = 3  # of the encoder


class DomainTranslator(nn.Module):
    """Images (B, C, H, W) to the domains of given numbers, (B,) int64; in [-1, 1].

    The target domain shifts the features before the rectifiers of the encoder, once they are
    normalized. Departs from the paper in that: there it is laid beside the image as constant
    channels, which an instance norm behind a convolution without zero padding would remove.
    """

    def __init__(self, channels: int, domains: int, width: int = 16, blocks: int = 3) -> None:
        super().__init__()
        self.net = TranslatorGenerator(channels, channels, width, blocks)
        self.shifts = nn.ModuleList(
            nn.Embedding(domains, width * 2**level) for level in range(LEVELS)
        )

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        height, width = x.shape[2:]
        shifts = iter(self.shifts)
        for layer in self.net.layers:
            if isinstance(layer, nn.ReLU) and (shift := next(shifts, None)) is not None:
                x = x + shift(target)[:, :, None, None]
            x = layer(x)
        return x[:, :, :height, :width]


class DomainScores(NamedTuple):
    """A map of logits, high means real, and the logits of the domains (B, K)."""

    adv: Tensor
    domain: Tensor


class DomainDiscriminator(nn.Module):
    """Patches of an image as real or generated, and the domain of the whole image.

    forward: images (B, C, size, size) -> DomainScores.
    """

    def __init__(self, channels: int, size: int, domains: int, width: int = 32) -> None:
        super().__init__()
        base, halvings = base_and_doublings(size)
        layers: list[nn.Module] = []
        before = channels
        for step in range(halvings):
            after = width * 2**step
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(LEAKY_SLOPE)]
            before = after
        self.layers = nn.Sequential(*layers)
        self.adv = nn.Conv2d(before, 1, 3, 1, 1)
        self.domain = nn.Conv2d(before, domains, base)

    def forward(self, x: Tensor) -> DomainScores:
        features = self.layers(x)
        return DomainScores(self.adv(features), self.domain(features).flatten(1))

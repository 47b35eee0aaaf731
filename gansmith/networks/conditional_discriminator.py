"""Conditional discriminators; the generators are in `conditional_generator`.

A discriminator computes `features` of the image alone, and from these and a condition `logits`: the
features serve for the matching condition and for a mismatched one.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.networks.dcgan import (
    LEAKY_SLOPE,
    DCGANDiscriminator,
    Norm,
    base_and_doublings,
    init_normal,
)

Trunk = nn.Module


def no_head(channels: int, side: int) -> list[nn.Module]:
    """No head: the last map is the output."""
    return []


def dcgan_trunk(channels: int, size: int, width: int, norm: Norm | None) -> tuple[Trunk, int, int]:
    """The convolutions of a DCGAN discriminator, and the channels and side of its last map."""
    _, halvings = base_and_doublings(size)
    trunk = DCGANDiscriminator(channels, size, width, norm, head=no_head).layers
    return trunk, width * 2 ** (halvings - 1), size // 2**halvings


class ConcatDiscriminator(nn.Module):
    """One logit of image and condition together (arXiv:1605.05396, section 4.1).

    The condition's vector is concatenated at every position of the last map.
    trunk: images -> (B, channels, side, side). encoder: conditions -> (B, embed_dim).
    forward: images, conditions -> logits (B,), high = real and matching the condition.
    """

    def __init__(
        self, trunk: Trunk, channels: int, side: int, encoder: nn.Module, embed_dim: int
    ) -> None:
        super().__init__()
        self.trunk, self.encoder = trunk, encoder
        self.mix = nn.Conv2d(channels + embed_dim, channels, 1)
        self.last = nn.Conv2d(channels, 1, side)
        init_normal(self.last)

    def features(self, x: Tensor) -> Tensor:
        """The last map, which does not depend on the condition."""
        return self.trunk(x)

    def logits(self, features: Tensor, c: Tensor) -> Tensor:
        """Logits (B,) of the features of images with conditions."""
        code = self.encoder(c)[:, :, None, None].expand(-1, -1, *features.shape[2:])
        h = F.leaky_relu(self.mix(torch.cat([features, code], 1)), LEAKY_SLOPE)
        return self.last(h).flatten()

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.logits(self.features(x), c)


class AuxClassifierDiscriminator(ConcatDiscriminator):
    """A joint logit, and a classification of the image alone (arXiv:1808.04108).

    forward: images, conditions -> logits (B,), high = real and matching the condition.
    """

    def __init__(
        self,
        trunk: Trunk,
        channels: int,
        side: int,
        encoder: nn.Module,
        embed_dim: int,
        classes: int,
    ) -> None:
        super().__init__(trunk, channels, side, encoder, embed_dim)
        self.classes = nn.Conv2d(channels, classes, side)
        init_normal(self.classes)

    def class_logits(self, features: Tensor) -> Tensor:
        """Class logits (B, classes) of the features of images."""
        return self.classes(features).flatten(1)


class ProjectionDiscriminator(nn.Module):
    """D(x, c) = psi(phi(x)) + <V c, phi(x)> (arXiv:1802.05637, Eq. 3).

    phi sums the last map over its positions; psi is linear; V c is the encoder's vector.
    forward: images, conditions -> logits (B,), high = real and matching the condition.
    """

    def __init__(self, trunk: Trunk, channels: int, encoder: nn.Module) -> None:
        super().__init__()
        self.trunk, self.encoder = trunk, encoder
        self.last = nn.Linear(channels, 1)

    def features(self, x: Tensor) -> Tensor:
        """phi, which does not depend on the condition: (B, channels)."""
        return self.trunk(x).sum((2, 3))

    def logits(self, features: Tensor, c: Tensor) -> Tensor:
        """Logits (B,) of the features of images with conditions."""
        return self.last(features).squeeze(1) + (self.encoder(c) * features).sum(1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.logits(self.features(x), c)


class Scores(NamedTuple):
    """Two outputs of D: is the image real, (B,); does it match the condition, (B,) or (B, K)."""

    real: Tensor
    match: Tensor


class TwoScoreDiscriminator(nn.Module):
    """Two logits: is the image real, and does it match the condition.

    The first does not depend on the condition. forward: images, conditions -> Scores, (B,) each.
    """

    def __init__(
        self, trunk: Trunk, channels: int, side: int, encoder: nn.Module, embed_dim: int
    ) -> None:
        super().__init__()
        self.match = ConcatDiscriminator(trunk, channels, side, encoder, embed_dim)
        self.real = nn.Conv2d(channels, 1, side)
        init_normal(self.real)

    def features(self, x: Tensor) -> Tensor:
        """The last map, which does not depend on the condition."""
        return self.match.features(x)

    def real_logits(self, features: Tensor) -> Tensor:
        """Logits (B,) of the features of images: high = real."""
        return self.real(features).flatten()

    def logits(self, features: Tensor, c: Tensor) -> Tensor:
        """Logits (B,) of the features of images with conditions: high = matching."""
        return self.match.logits(features, c)

    def forward(self, x: Tensor, c: Tensor) -> Scores:
        features = self.features(x)
        return Scores(self.real_logits(features), self.logits(features, c))


class ACDiscriminator(nn.Module):
    """AC-GAN's: is the image real, and of which class (arXiv:1610.09585); no condition is given.

    forward: images -> Scores, logits (B,) and class logits (B, classes).
    """

    def __init__(self, trunk: Trunk, channels: int, side: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.real = nn.Conv2d(channels, 1, side)
        self.classes = nn.Conv2d(channels, classes, side)
        init_normal(self.real)
        init_normal(self.classes)

    def forward(self, x: Tensor) -> Scores:
        features = self.trunk(x)
        return Scores(self.real(features).flatten(), self.classes(features).flatten(1))


class UnconditionalDiscriminator(nn.Module):
    """A control: a discriminator that gets the condition and ignores it, D(x).

    Against it a generator has no reason to match its condition.
    forward: images, conditions -> logits (B,).
    """

    def __init__(self, trunk: Trunk, channels: int, side: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.last = nn.Conv2d(channels, 1, side)
        init_normal(self.last)

    def features(self, x: Tensor) -> Tensor:
        """The last map."""
        return self.trunk(x)

    def logits(self, features: Tensor, c: Tensor) -> Tensor:
        """Logits (B,) of the features of images, whatever the condition."""
        return self.last(features).flatten()

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.logits(self.features(x), c)

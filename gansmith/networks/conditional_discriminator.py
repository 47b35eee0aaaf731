"""Discriminators of what was asked for; the generators are in `asked`.

A discriminator looks at the picture first, `see`, and then compares what it saw with a condition,
`score`: one look at a picture serves for the condition that is right and one that is wrong.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.networks.dcgan import (
    SLOPE,
    DCGANDiscriminator,
    Norm,
    ladder,
    normal_weights,
)

Trunk = nn.Module


def no_head(channels: int, side: int) -> list[nn.Module]:
    """The map as it is."""
    return []


def dcgan_trunk(channels: int, size: int, width: int, norm: Norm | None) -> tuple[Trunk, int, int]:
    """The convolutions of a DCGAN discriminator, and the channels and side of its last map."""
    _, halvings = ladder(size)
    trunk = DCGANDiscriminator(channels, size, width, norm, head=no_head).layers
    return trunk, width * 2 ** (halvings - 1), size // 2**halvings


class Joint(nn.Module):
    """One score of picture and condition together (arXiv:1605.05396, section 4.1).

    The condition's vector is laid beside every place of the last map.
    trunk: pictures -> (B, channels, side, side). encoder: conditions -> (B, code).
    forward: pictures, conditions -> logits (B,), high = real and as asked.
    """

    def __init__(
        self, trunk: Trunk, channels: int, side: int, encoder: nn.Module, code: int
    ) -> None:
        super().__init__()
        self.trunk, self.encoder = trunk, encoder
        self.mix = nn.Conv2d(channels + code, channels, 1)
        self.last = nn.Conv2d(channels, 1, side)
        normal_weights(self.last)

    def see(self, x: Tensor) -> Tensor:
        """The last map, before a condition is known."""
        return self.trunk(x)

    def score(self, seen: Tensor, c: Tensor) -> Tensor:
        """Logits of what was seen, given conditions."""
        code = self.encoder(c)[:, :, None, None].expand(-1, -1, *seen.shape[2:])
        return self.last(F.leaky_relu(self.mix(torch.cat([seen, code], 1)), SLOPE)).flatten()

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.score(self.see(x), c)


class Guessing(Joint):
    """A joint score, and a guess of the class from the picture alone (arXiv:1808.04108).

    forward: pictures, conditions -> logits (B,), high = real and as asked.
    """

    def __init__(
        self, trunk: Trunk, channels: int, side: int, encoder: nn.Module, code: int, classes: int
    ) -> None:
        super().__init__(trunk, channels, side, encoder, code)
        self.classes = nn.Conv2d(channels, classes, side)
        normal_weights(self.classes)

    def guess(self, seen: Tensor) -> Tensor:
        """Class logits (B, classes) of what was seen."""
        return self.classes(seen).flatten(1)


class Projection(nn.Module):
    """D(x, c) = psi(phi(x)) + <V c, phi(x)> (arXiv:1802.05637, Eq. 3).

    phi sums the last map over its places; psi is linear; V c is the encoder's vector.
    forward: pictures, conditions -> logits (B,), high = real and as asked.
    """

    def __init__(self, trunk: Trunk, channels: int, encoder: nn.Module) -> None:
        super().__init__()
        self.trunk, self.encoder = trunk, encoder
        self.last = nn.Linear(channels, 1)

    def see(self, x: Tensor) -> Tensor:
        """phi, before a condition is known: (B, channels)."""
        return self.trunk(x).sum((2, 3))

    def score(self, seen: Tensor, c: Tensor) -> Tensor:
        """Logits of what was seen, given conditions."""
        return self.last(seen).squeeze(1) + (self.encoder(c) * seen).sum(1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.score(self.see(x), c)


class Scores(NamedTuple):
    """Two answers about a picture: is it real, (B,); and is it what was asked, (B,) or (B, K)."""

    real: Tensor
    match: Tensor


class Split(nn.Module):
    """Two scores: is the picture real, and does it match the condition.

    The first is not told the condition. forward: pictures, conditions -> Scores, logits (B,) each.
    """

    def __init__(
        self, trunk: Trunk, channels: int, side: int, encoder: nn.Module, code: int
    ) -> None:
        super().__init__()
        self.match = Joint(trunk, channels, side, encoder, code)
        self.real = nn.Conv2d(channels, 1, side)
        normal_weights(self.real)

    def see(self, x: Tensor) -> Tensor:
        """The last map, before a condition is known."""
        return self.match.see(x)

    def realism(self, seen: Tensor) -> Tensor:
        """Logits (B,) of what was seen: high = real."""
        return self.real(seen).flatten()

    def score(self, seen: Tensor, c: Tensor) -> Tensor:
        """Logits (B,) of what was seen, given conditions: high = as asked."""
        return self.match.score(seen, c)

    def forward(self, x: Tensor, c: Tensor) -> Scores:
        seen = self.see(x)
        return Scores(self.realism(seen), self.score(seen, c))


class Classifying(nn.Module):
    """Real or not, and of which class (arXiv:1610.09585): nothing is told, the class is guessed.

    forward: pictures -> Scores, logits (B,) and class logits (B, classes).
    """

    def __init__(self, trunk: Trunk, channels: int, side: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.real = nn.Conv2d(channels, 1, side)
        self.classes = nn.Conv2d(channels, classes, side)
        normal_weights(self.real)
        normal_weights(self.classes)

    def forward(self, x: Tensor) -> Scores:
        seen = self.trunk(x)
        return Scores(self.real(seen).flatten(), self.classes(seen).flatten(1))


class Deaf(nn.Module):
    """A discriminator that is told what was asked and does not listen: D(x).

    Against it a generator has no reason to make what it is asked for.
    forward: pictures, conditions -> logits (B,).
    """

    def __init__(self, trunk: Trunk, channels: int, side: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.last = nn.Conv2d(channels, 1, side)
        normal_weights(self.last)

    def see(self, x: Tensor) -> Tensor:
        """The last map."""
        return self.trunk(x)

    def score(self, seen: Tensor, c: Tensor) -> Tensor:
        """Logits of what was seen, whatever was asked."""
        return self.last(seen).flatten()

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.score(self.see(x), c)

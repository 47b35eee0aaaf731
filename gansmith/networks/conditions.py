"""Encoders: what an example is asked by, of any kind, to one vector.

Its numbers have about unit size from the start, by a layer norm: a discriminator does not listen to
a whisper.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.data.condition import Asked, Condition
from gansmith.networks.dcgan import SLOPE, ladder


class ClassEncoder(nn.Module):
    """A learnt vector for each class. forward: int64 (B,) -> (B, width)."""

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(len(condition.names), width)

    def forward(self, c: Tensor) -> Tensor:
        return self.vectors(c)


class VectorEncoder(nn.Module):
    """Labels, attributes or a meaning through one layer. forward: (B, n) -> (B, width)."""

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(condition.shape[0], width), nn.LayerNorm(width))

    def forward(self, c: Tensor) -> Tensor:
        return self.layer(c)


class SentenceEncoder(nn.Module):
    """A sentence by its words and its pairs of neighbours.

    Each word and each window of two words gives `width` features; of each the mean and the maximum
    over the sentence go on. Which colour belongs to which thing is seen by the windows.
    forward: tokens (B, T) integers, 0 ends and fills -> (B, width).
    """

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(condition.vocab, width)
        self.pairs = nn.Conv1d(width, width, 2, padding=1)
        self.layer = nn.Sequential(nn.Linear(4 * width, width), nn.LayerNorm(width))

    def forward(self, tokens: Tensor) -> Tensor:
        there = (tokens != 0).unsqueeze(1)  # (B, 1, T)
        words = self.words(tokens.long()).transpose(1, 2)  # (B, width, T)
        pairs = F.leaky_relu(self.pairs(words * there), SLOPE)[:, :, :-1]  # a word and the before
        count = there.sum(2).clamp(min=1)
        found = []
        for features in (words, pairs):
            found.append((features * there).sum(2) / count)
            found.append(features.masked_fill(~there, -10.0).amax(2))
        return self.layer(torch.cat(found, 1))


class SoundEncoder(nn.Module):
    """Log-mel bands over time, by convolutions along time.

    Mean and maximum over time go on, so a sound of any length will do; the mean keeps loudness. A
    batch norm ends it: sounds are alike, mostly silence, so that a layer norm would hide what sets
    them apart (a standard deviation of 0.07 between sounds instead of 1), and bound their loudness.
    forward: (B, 1, bands, frames) in [-1, 1] -> (B, width).
    """

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(condition.height, 2 * width, 5, 2, 2),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(2 * width, 2 * width, 5, 2, 2),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(2 * width, 2 * width, 5, 1, 2),
            nn.LeakyReLU(SLOPE),
        )
        self.layer = nn.Sequential(nn.Linear(4 * width, width), nn.BatchNorm1d(width))

    def forward(self, sound: Tensor) -> Tensor:
        features = self.layers(sound.flatten(1, 2))  # (B, 2 width, frames / 4)
        return self.layer(torch.cat([features.mean(2), features.amax(2)], 1))


class WaveEncoder(nn.Module):
    """The samples of a sound, of any length, by strided convolutions; mean and maximum go on.

    forward: (B, T) in [-1, 1] -> (B, width).
    """

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        chain: list[nn.Module] = []
        for before in (1, width, width, width):
            chain += [nn.Conv1d(before, width, 25, 4, 12), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*chain)
        self.layer = nn.Sequential(nn.Linear(2 * width, width), nn.LayerNorm(width))

    def forward(self, wave: Tensor) -> Tensor:
        features = self.layers(wave.unsqueeze(1))  # (B, width, T / 256)
        return self.layer(torch.cat([features.mean(2), features.amax(2)], 1))


class PictureEncoder(nn.Module):
    """A picture by strided convolutions. forward: (B, C, H, W) in [-1, 1] -> (B, width)."""

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        _, halvings = ladder(condition.height)
        chain: list[nn.Module] = []
        before = condition.channels
        for step in range(halvings):
            after = min(width, 16 * 2**step)
            chain += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            before = after
        self.layers = nn.Sequential(*chain)
        side = condition.height // 2**halvings
        self.layer = nn.Sequential(nn.Linear(before * side**2, width), nn.LayerNorm(width))

    def forward(self, c: Tensor) -> Tensor:
        return self.layer(self.layers(c).flatten(1))


ENCODERS: dict[Asked, Callable[[Condition, int], nn.Module]] = {
    "class": ClassEncoder,
    "labels": VectorEncoder,
    "attributes": VectorEncoder,
    "sentence": SentenceEncoder,
    "meaning": VectorEncoder,
    "sound": SoundEncoder,
    "wave": WaveEncoder,
    "image": PictureEncoder,
}


def encoder(condition: Condition, width: int) -> nn.Module:
    """The encoder of a kind of condition, to `width` numbers."""
    return ENCODERS[condition.kind](condition, width)

"""Encoders of conditions of any kind to one vector.

A norm layer gives its numbers about unit size from the start: a discriminator ignores a condition
that is small beside the features of the image.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.data.condition import Condition, ConditionKind
from gansmith.networks.dcgan import LEAKY_SLOPE, base_and_doublings


class ClassEncoder(nn.Module):
    """A learnt vector for each class. forward: int64 (B,) -> (B, width)."""

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(len(condition.names), width)

    def forward(self, c: Tensor) -> Tensor:
        return self.vectors(c)


class VectorEncoder(nn.Module):
    """A label set, attributes or an embedding, through one layer. forward: (B, n) -> (B, width)."""

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(condition.shape[0], width), nn.LayerNorm(width))

    def forward(self, c: Tensor) -> Tensor:
        return self.layer(c)


class SentenceEncoder(nn.Module):
    """A sentence by its words and its bigrams.

    Each word and each window of two words gives `width` features, pooled over the sentence by mean
    and maximum. The windows show which adjective belongs to which noun.
    forward: tokens (B, T) integers, 0 ends a sentence and pads it -> (B, width).
    """

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(condition.vocab, width)
        self.pairs = nn.Conv1d(width, width, 2, padding=1)
        self.layer = nn.Sequential(nn.Linear(4 * width, width), nn.LayerNorm(width))

    def forward(self, tokens: Tensor) -> Tensor:
        mask = (tokens != 0).unsqueeze(1)  # (B, 1, T)
        words = self.words(tokens.long()).transpose(1, 2)  # (B, width, T)
        pairs = F.leaky_relu(self.pairs(words * mask), LEAKY_SLOPE)[
            :, :, :-1
        ]  # a word and its predecessor
        count = mask.sum(2).clamp(min=1)
        found = []
        for features in (words, pairs):
            found.append((features * mask).sum(2) / count)
            found.append(features.masked_fill(~mask, -10.0).amax(2))
        return self.layer(torch.cat(found, 1))


class LogMelEncoder(nn.Module):
    """Log-mel bands over time, by convolutions along time.

    Pooled over time by mean and maximum, so any length is accepted; the mean keeps the loudness.
    The last layer is a batch norm: recordings are similar, mostly silence, so that a layer norm
    would hide their differences (a standard deviation of 0.07 between recordings instead of 1), and
    bound their loudness.
    forward: (B, 1, bands, frames) in [-1, 1] -> (B, width).
    """

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(condition.height, 2 * width, 5, 2, 2),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv1d(2 * width, 2 * width, 5, 2, 2),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv1d(2 * width, 2 * width, 5, 1, 2),
            nn.LeakyReLU(LEAKY_SLOPE),
        )
        self.layer = nn.Sequential(nn.Linear(4 * width, width), nn.BatchNorm1d(width))

    def forward(self, log_mel: Tensor) -> Tensor:
        features = self.layers(log_mel.flatten(1, 2))  # (B, 2 width, frames / 4)
        return self.layer(torch.cat([features.mean(2), features.amax(2)], 1))


class WaveformEncoder(nn.Module):
    """A waveform of any length, by strided convolutions, pooled by mean and maximum.

    forward: (B, T) in [-1, 1] -> (B, width).
    """

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        chain: list[nn.Module] = []
        for before in (1, width, width, width):
            chain += [nn.Conv1d(before, width, 25, 4, 12), nn.LeakyReLU(LEAKY_SLOPE)]
        self.layers = nn.Sequential(*chain)
        self.layer = nn.Sequential(nn.Linear(2 * width, width), nn.LayerNorm(width))

    def forward(self, waveform: Tensor) -> Tensor:
        features = self.layers(waveform.unsqueeze(1))  # (B, width, T / 256)
        return self.layer(torch.cat([features.mean(2), features.amax(2)], 1))


class ImageEncoder(nn.Module):
    """An image by strided convolutions. forward: (B, C, H, W) in [-1, 1] -> (B, width)."""

    def __init__(self, condition: Condition, width: int) -> None:
        super().__init__()
        _, halvings = base_and_doublings(condition.height)
        chain: list[nn.Module] = []
        before = condition.channels
        for step in range(halvings):
            after = min(width, 16 * 2**step)
            chain += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(LEAKY_SLOPE)]
            before = after
        self.layers = nn.Sequential(*chain)
        side = condition.height // 2**halvings
        self.layer = nn.Sequential(nn.Linear(before * side**2, width), nn.LayerNorm(width))

    def forward(self, c: Tensor) -> Tensor:
        return self.layer(self.layers(c).flatten(1))


ENCODERS: dict[ConditionKind, Callable[[Condition, int], nn.Module]] = {
    "class": ClassEncoder,
    "label-set": VectorEncoder,
    "attributes": VectorEncoder,
    "sentence": SentenceEncoder,
    "embedding": VectorEncoder,
    "log-mel": LogMelEncoder,
    "waveform": WaveformEncoder,
    "image": ImageEncoder,
    "clip": ImageEncoder,
}


def condition_encoder(condition: Condition, width: int) -> nn.Module:
    """The encoder of a condition, by its kind, to `width` numbers."""
    return ENCODERS[condition.kind](condition, width)

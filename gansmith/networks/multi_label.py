"""Players of label sets: what is to be seen in a picture, and whether a set of labels goes with it.

Both look at the picture by strided convolutions and keep of each feature its mean and its maximum
over all places, so that pictures of any size will do, and it does not matter where a thing lies.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.networks.conditional_discriminator import dcgan_trunk
from gansmith.networks.dcgan import SLOPE


class Look(nn.Module):
    """What is seen in a picture, wherever it is.

    forward: pictures (B, channels, H, W) in [-1, 1] -> (B, features).
    """

    def __init__(self, channels: int, size: int, width: int) -> None:
        super().__init__()
        self.trunk, wide, _ = dcgan_trunk(channels, size, width, nn.BatchNorm2d)
        self.features = 2 * wide

    def forward(self, x: Tensor) -> Tensor:
        seen = self.trunk(x)
        return torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1)


class Tagger(nn.Module):
    """Pictures to labels. The hidden layer lets one label speak for or against another.

    forward: pictures (B, channels, H, W) in [-1, 1] -> logits (B, labels), high = it is there.
    """

    def __init__(self, channels: int, size: int, width: int, labels: int) -> None:
        super().__init__()
        self.look = Look(channels, size, width)
        hidden = self.look.features
        self.layers = nn.Sequential(
            nn.Linear(hidden, hidden), nn.LeakyReLU(SLOPE), nn.Linear(hidden, labels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.look(x))


class LabelJudge(nn.Module):
    """Does a set of labels look real, and does it go with the picture?

    `see` the picture once, then `score` any number of label sets with it.
    forward: label sets (B, labels) in [0, 1], pictures -> logits (B,), high = real.
    """

    def __init__(self, channels: int, size: int, width: int, labels: int) -> None:
        super().__init__()
        self.look = Look(channels, size, width)
        hidden = self.look.features
        self.layers = nn.Sequential(
            nn.Linear(hidden + labels, hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(hidden, 1),
        )

    def see(self, picture: Tensor) -> Tensor:
        """What is seen in the picture, before labels are known: (B, features)."""
        return self.look(picture)

    def score(self, seen: Tensor, labels: Tensor) -> Tensor:
        """Logits (B,) of label sets in [0, 1], given what was seen."""
        return self.layers(torch.cat([seen, 2 * labels - 1], 1)).squeeze(1)

    def forward(self, labels: Tensor, picture: Tensor) -> Tensor:
        return self.score(self.see(picture), labels)


class Cut(nn.Module):
    """A threshold for each label, as logits: what lies above is taken for there.

    forward: logits (B, labels) -> the same moved so that the threshold lies at 0.
    """

    batch_coupled = True  # it is moved on F1, which is no mean over examples

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.threshold = nn.Parameter(torch.zeros(labels))

    def forward(self, logits: Tensor) -> Tensor:
        return logits - self.threshold

"""Multi-label players: a classifier that generates label sets, and a discriminator of label sets.

Both apply strided convolutions to the image and keep the mean and the maximum of each feature over
all positions, so images of any size are accepted, and the position of an object does not matter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.networks.conditional_discriminator import dcgan_trunk
from gansmith.networks.dcgan import LEAKY_SLOPE


class ConvTrunk(nn.Module):
    """Features of an image, wherever they occur in it.

    dim: number of features. forward: images (B, channels, H, W) in [-1, 1] -> (B, dim).
    """

    def __init__(self, channels: int, size: int, width: int) -> None:
        super().__init__()
        self.layers, wide, _ = dcgan_trunk(channels, size, width, nn.BatchNorm2d)
        self.dim = 2 * wide

    def forward(self, x: Tensor) -> Tensor:
        maps = self.layers(x)
        return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1)


class MultiLabelClassifier(nn.Module):
    """Images to label sets. The hidden layer lets one label depend on the evidence of another.

    forward: images (B, channels, H, W) in [-1, 1] -> logits (B, labels), high = present.
    """

    def __init__(self, channels: int, size: int, width: int, labels: int) -> None:
        super().__init__()
        self.trunk = ConvTrunk(channels, size, width)
        hidden = self.trunk.dim
        self.layers = nn.Sequential(
            nn.Linear(hidden, hidden), nn.LeakyReLU(LEAKY_SLOPE), nn.Linear(hidden, labels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.trunk(x))


class LabelSetDiscriminator(nn.Module):
    """Is a set of labels real, and does it match the image?

    Compute the `features` of the image once, then the `logits` of any number of label sets.
    forward: label sets (B, labels) in [0, 1], images -> logits (B,), high = real.
    """

    def __init__(self, channels: int, size: int, width: int, labels: int) -> None:
        super().__init__()
        self.trunk = ConvTrunk(channels, size, width)
        hidden = self.trunk.dim
        self.layers = nn.Sequential(
            nn.Linear(hidden + labels, hidden),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Linear(hidden, 1),
        )

    def features(self, image: Tensor) -> Tensor:
        """Features of the image, which do not depend on the labels: (B, features)."""
        return self.trunk(image)

    def logits(self, features: Tensor, labels: Tensor) -> Tensor:
        """Logits (B,) of label sets in [0, 1] with the features of images."""
        return self.layers(torch.cat([features, 2 * labels - 1], 1)).squeeze(1)

    def forward(self, labels: Tensor, image: Tensor) -> Tensor:
        return self.logits(self.features(image), labels)


class Thresholds(nn.Module):
    """A threshold for each label, on its logit: a label is predicted above it.

    forward: logits (B, labels) -> the same, shifted so that the threshold is at 0.
    """

    batch_coupled = True  # it is trained on F1, which is no mean over examples

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.threshold = nn.Parameter(torch.zeros(labels))

    def forward(self, logits: Tensor) -> Tensor:
        return logits - self.threshold

"""Stacked MNIST: images as channels, with a known number of modes (arXiv:1611.02163).

Three grey images of ten classes in one color image make 1000 combinations. A classifier of single
images labels the channels, and so counts the combinations that a generator makes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.images import check_images
from gansmith.core.rng import Rng
from gansmith.pretrained.judges import Judge

CHANNELS = 3


@dataclass(frozen=True)
class StackedModes:
    """found: combinations found, of `modes`; kl: KL(shares, uniform) in nats; samples: images."""

    found: int
    modes: int
    kl: float
    samples: int


def stack_channels(images: Tensor, n: int, rng: Rng) -> Tensor:
    """n stacks of three images drawn with replacement, (N, 1, H, W) -> (n, 3, H, W).

    Raises ValueError for images that are not grey.
    """
    if check_images(images).shape[1] != 1:
        raise ValueError(f"grey images are stacked; got {images.shape[1]} channels")
    return images[rng.integers(len(images), CHANNELS * n), 0].unflatten(0, (n, CHANNELS))


def stacked_modes(images: Tensor, judge: Judge) -> StackedModes:
    """Combinations of classes in stacks (N, 3, H, W), by the judge; 26,000 stacks are customary.

    The judge's mistakes add combinations: measure real stacks as well, for the ceiling, and trust
    small numbers more than large ones. Raises ValueError for other channels.
    """
    if check_images(images).shape[1] != CHANNELS:
        raise ValueError(f"stacks have {CHANNELS} channels; got {images.shape[1]}")
    _, probabilities = judge.extract(images.flatten(0, 1)[:, None])
    classes = probabilities.shape[1]
    label = probabilities.argmax(1).view(-1, CHANNELS)
    code = (label * torch.tensor([classes**2, classes, 1])).sum(1)
    shares = code.bincount(minlength=classes**CHANNELS).double() / len(code)
    kl = float(torch.xlogy(shares, shares).sum()) + CHANNELS * math.log(classes)
    return StackedModes(int((shares > 0).sum()), classes**CHANNELS, kl, len(code))

"""Pictures stacked as channels: a mode counter with a known number of modes (arXiv:1611.02163).

Three grey pictures of ten classes as one colour picture make 1000 combinations. A judge of single
pictures reads the channels, and counts how many combinations a generator makes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.metrics.pictures import check
from gansmith.pretrained.judges import Judge

CHANNELS = 3


@dataclass(frozen=True)
class StackedReport:
    """found: combinations seen, of `modes`; kl: KL(shares, uniform) in nats; samples: pictures."""

    found: int
    modes: int
    kl: float
    samples: int


def stack(pictures: Tensor, n: int, rng: Rng) -> Tensor:
    """n stacks of three pictures drawn with replacement: (N, 1, H, W) -> (n, 3, H, W).

    Raises ValueError for pictures that are not grey.
    """
    if check(pictures).shape[1] != 1:
        raise ValueError(f"grey pictures are stacked; got {pictures.shape[1]} channels")
    return pictures[rng.integers(len(pictures), CHANNELS * n), 0].unflatten(0, (n, CHANNELS))


def stacked_modes(pictures: Tensor, judge: Judge) -> StackedReport:
    """Combinations that the judge sees in stacks (N, 3, H, W); 26,000 are customary.

    The judge's mistakes make combinations too: measure real stacks beside, for the ceiling, and
    trust small numbers more than large ones. Raises ValueError for other channels.
    """
    if check(pictures).shape[1] != CHANNELS:
        raise ValueError(f"stacks have {CHANNELS} channels; got {pictures.shape[1]}")
    _, said = judge.look(pictures.flatten(0, 1)[:, None])
    classes = said.shape[1]
    label = said.argmax(1).view(-1, CHANNELS)
    code = (label * torch.tensor([classes**2, classes, 1])).sum(1)
    shares = code.bincount(minlength=classes**CHANNELS).double() / len(code)
    kl = float(torch.xlogy(shares, shares).sum()) + CHANNELS * math.log(classes)
    return StackedReport(int((shares > 0).sum()), classes**CHANNELS, kl, len(code))

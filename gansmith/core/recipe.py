"""A recipe: a game and how to train it. Presets return one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from gansmith.core.game import Game

Optim = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
Schedule = Callable[[int, int], float]


def adam(lr: float, beta1: float = 0.9, beta2: float = 0.999) -> Optim:
    """Adam (arXiv:1412.6980), fused: one kernel for all parameters of a player."""
    return lambda parameters: torch.optim.Adam(parameters, lr, (beta1, beta2), fused=True)


def rmsprop(lr: float) -> Optim:
    """RMSProp with PyTorch's constants, the optimizer of WGAN (arXiv:1701.07875)."""
    return lambda parameters: torch.optim.RMSprop(parameters, lr)


def sgd(lr: float, momentum: float = 0.0) -> Optim:
    """Stochastic gradient descent with momentum, the optimizer of arXiv:1406.2661."""
    return lambda parameters: torch.optim.SGD(parameters, lr, momentum)


def constant(step: int, steps: int) -> float:
    """A constant learning rate."""
    return 1.0


def linear_decay(start: float = 0.5) -> Schedule:
    """A learning rate that falls linearly to 0, from the fraction `start` of the run on."""
    if not 0 <= start < 1:
        raise ValueError(f"a linear decay starts at a fraction of the run in [0, 1); got {start}")

    def factor(step: int, steps: int) -> float:
        return min(1.0, (1 - step / steps) / (1 - start))

    return factor


@dataclass
class Recipe:
    """A game and how to train it: what a preset returns.

    optim: per player, a function from its parameters to its optimizer.
    batch: examples in a global batch, over all processes and micro-batches.
    steps: the length of the run.
    schedule: factor on every learning rate, from (step, steps).
    ema: decay per move of the exponential moving average of `game.averaged`; 0 keeps none.
    sample_every: steps between two sample sheets, each of them scored; the best score picks `best`.
    channels_last: use the channels-last memory format for images and kernels.
    source: (data set, batch, seed) -> the source of batches; by default one batch of each domain.
    """

    game: Game
    optim: dict[str, Optim]
    batch: int
    steps: int
    schedule: Schedule = field(default=constant)
    ema: float = 0.0
    sample_every: int = 250
    channels_last: bool = False
    source: Callable[[Any, int, int], Any] | None = None

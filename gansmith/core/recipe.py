"""A recipe: a game together with how it is best played. Presets return one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import nn

from gansmith.core.game import Game

Optim = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
Schedule = Callable[[int, int], float]


def adam(lr: float, beta1: float = 0.9, beta2: float = 0.999) -> Optim:
    """Adam (arXiv:1412.6980), fused: one kernel for all parameters of a player."""
    return lambda parameters: torch.optim.Adam(parameters, lr, (beta1, beta2), fused=True)


def rmsprop(lr: float) -> Optim:
    """RMSProp with PyTorch's constants, the optimiser of WGAN (arXiv:1701.07875)."""
    return lambda parameters: torch.optim.RMSprop(parameters, lr)


def sgd(lr: float, momentum: float = 0.0) -> Optim:
    """Stochastic gradient descent with momentum, the optimiser of arXiv:1406.2661."""
    return lambda parameters: torch.optim.SGD(parameters, lr, momentum)


def constant(step: int, steps: int) -> float:
    """The learning rate as it is, from the first step to the last."""
    return 1.0


def falling(start: float = 0.5) -> Schedule:
    """The learning rate falls linearly to 0, from the fraction `start` of the run on."""
    if not 0 <= start < 1:
        raise ValueError(f"a rate falls from a fraction of the run in [0, 1) on; got {start}")

    def factor(step: int, steps: int) -> float:
        return min(1.0, (1 - step / steps) / (1 - start))

    return factor


@dataclass
class Recipe:
    """A game and how it is played: what a preset returns.

    optim: per player, what makes its optimiser from its parameters.
    batch: examples in a global batch, over all processes and micro-batches.
    steps: the length of the run.
    schedule: factor on every learning rate, from (step, steps).
    average: decay per move of the running average of the averaged players; 0 keeps none.
    show: steps between two looks at the run: a sample sheet, and the score that picks `best`.
    channels_last: lay pictures and kernels out channels last.
    """

    game: Game
    optim: dict[str, Optim]
    batch: int
    steps: int
    schedule: Schedule = field(default=constant)
    average: float = 0.0
    show: int = 250
    channels_last: bool = False

"""Distance between pictures as a network sees them (arXiv:1603.08155, Eq. 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Protocol, Self

import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.fdivergence import upcast
from gansmith.metrics.judges import Judge
from gansmith.metrics.pictures import recolour, resize

Layers = Callable[[Tensor], Sequence[Tensor]]


class Distance(Protocol):
    """Pictures made and pictures meant, (B, C, H, W) in [-1, 1], to a scalar."""

    def __call__(self, made: Tensor, meant: Tensor) -> Tensor: ...


def unseen(made: Tensor, meant: Tensor) -> Tensor:
    """No perceptual distance: 0."""
    return made.new_zeros(())


class Perceptual(nn.Module):
    """sum_l mean |phi_l(made) - phi_l(meant)| over the layers phi_l of a fixed network.

    net: never trained; its weights become buffers, which are saved and no player's.
    layers: pictures -> maps.
    """

    def __init__(self, net: nn.Module, layers: Layers) -> None:
        super().__init__()
        self.net, self.layers = fixed(net), layers

    def train(self, mode: bool = True) -> Self:
        """Stays as it is: a fixed network has one mode."""
        return self

    def forward(self, made: Tensor, meant: Tensor) -> Tensor:
        pairs = zip(self.layers(made), self.layers(meant), strict=True)
        return sum((F.l1_loss(a, b) for a, b in pairs), start=made.new_zeros(()))


def fixed(net: nn.Module) -> nn.Module:
    """The network in evaluation mode, its parameters turned into buffers, in place."""
    for part in net.eval().modules():
        for name, value in list(part.named_parameters(recurse=False)):
            delattr(part, name)
            part.register_buffer(name, value.detach())
    return net


def by_judge(judge: Judge) -> Perceptual:
    """The distance as a judge's three blocks see it."""

    judge = deepcopy(judge)

    def layers(x: Tensor) -> list[Tensor]:
        x = resize(recolour(upcast(x), judge.channels), judge.size)
        one = judge.one(x)
        two = judge.two(F.max_pool2d(one, 2))
        return [one, two, judge.three(F.max_pool2d(two, 2))]

    return Perceptual(judge, layers)

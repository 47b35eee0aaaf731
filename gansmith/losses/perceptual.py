"""Distance between pictures as a network sees them (arXiv:1603.08155, Eq. 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Protocol, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.losses.fdivergence import upcast
from gansmith.metrics.pictures import recolour, resize
from gansmith.pretrained.judges import Judge
from gansmith.pretrained.vgg import VGG16, Heads, filled

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


class Seen:
    """The distance as VGG16 sees it: its five blocks, or LPIPS where its heads are given.

    weights: VGG16's, in torchvision's names. heads: the authors' file of linear layers.
    Both are files of one's own. A run knows them by their paths and needs them to be trained, not
    to be used; so they are read at once where they are there, and else when something is to be
    seen. Raises FileNotFoundError for a file that is missing, ValueError for one that holds others.
    """

    def __init__(self, weights: Path, heads: Path | None = None) -> None:
        self.weights, self.heads = weights, heads
        if all(path is None or path.is_file() for path in (weights, heads)):
            _vgg(weights, heads, "cpu")

    def __call__(self, made: Tensor, meant: Tensor) -> Tensor:
        net, heads = _vgg(self.weights, self.heads, str(made.device))
        a, b = (net(recolour(upcast(x), 3)) for x in (made, meant))
        if heads is not None:
            return heads(a, b)
        return torch.stack([F.l1_loss(one, other) for one, other in zip(a, b, strict=True)]).sum()


@lru_cache(maxsize=2)
def _vgg(weights: Path, heads: Path | None, device: str) -> tuple[nn.Module, nn.Module | None]:
    net = filled(VGG16(), weights, "the weights of torchvision's vgg16").to(device)
    if heads is None:
        return net, None
    return net, filled(Heads(), heads, "the linear layers of LPIPS for vgg").to(device)

"""Perceptual distance: images compared by the features of a network (arXiv:1603.08155, Eq. 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Protocol, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.images import resize, to_channels
from gansmith.core.precision import upcast
from gansmith.pretrained.judges import Judge
from gansmith.pretrained.vgg import LPIPS, VGG16, load_weights

FeatureMaps = Callable[[Tensor], Sequence[Tensor]]


class ImageDistance(Protocol):
    """Generated and target images, (B, C, H, W) in [-1, 1], to a scalar."""

    def __call__(self, generated: Tensor, target: Tensor) -> Tensor: ...


def zero_distance(generated: Tensor, target: Tensor) -> Tensor:
    """No perceptual distance: 0."""
    return generated.new_zeros(())


class PerceptualDistance(nn.Module):
    """sum_l mean |phi_l(generated) - phi_l(target)| over the layers phi_l of a frozen network.

    net: the network; its parameters become buffers, so that they are saved but belong to no player.
    layers: images -> feature maps.
    """

    def __init__(self, net: nn.Module, layers: FeatureMaps) -> None:
        super().__init__()
        self.net, self.layers = freeze(net), layers

    def train(self, mode: bool = True) -> Self:
        """Does nothing: a frozen network stays in evaluation mode."""
        return self

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        pairs = zip(self.layers(generated), self.layers(target), strict=True)
        return sum((F.l1_loss(a, b) for a, b in pairs), start=generated.new_zeros(()))


def freeze(net: nn.Module) -> nn.Module:
    """The network in evaluation mode, its parameters turned into buffers, in place."""
    for part in net.eval().modules():
        for name, value in list(part.named_parameters(recurse=False)):
            delattr(part, name)
            part.register_buffer(name, value.detach())
    return net


def judge_distance(judge: Judge) -> PerceptualDistance:
    """The perceptual distance on the three convolution blocks of a judge."""
    judge = deepcopy(judge)

    def layers(x: Tensor) -> list[Tensor]:
        x = resize(to_channels(upcast(x), judge.channels), judge.size)
        one = judge.one(x)
        two = judge.two(F.max_pool2d(one, 2))
        return [one, two, judge.three(F.max_pool2d(two, 2))]

    return PerceptualDistance(judge, layers)


class VGGPerceptual:
    """The perceptual distance on the five blocks of VGG16, or LPIPS where its weights are given.

    weights: a file of VGG16's, in torchvision's names. lpips_weights: the authors' file of linear
    layers. A run stores the paths only, and needs the files to be trained, not to be sampled from;
    so they are read at once where they exist, else on the first call. Raises FileNotFoundError for
    a missing file, ValueError for one that holds something else.
    """

    def __init__(self, weights: Path, lpips_weights: Path | None = None) -> None:
        self.weights, self.lpips_weights = weights, lpips_weights
        if all(path is None or path.is_file() for path in (weights, lpips_weights)):
            _load(weights, lpips_weights, "cpu")

    def __call__(self, generated: Tensor, target: Tensor) -> Tensor:
        net, lpips = _load(self.weights, self.lpips_weights, str(generated.device))
        a, b = (net(to_channels(upcast(x), 3)) for x in (generated, target))
        if lpips is not None:
            return lpips(a, b)
        return torch.stack([F.l1_loss(one, other) for one, other in zip(a, b, strict=True)]).sum()


@lru_cache(maxsize=2)
def _load(
    weights: Path, lpips_weights: Path | None, device: str
) -> tuple[nn.Module, nn.Module | None]:
    net = load_weights(VGG16(), weights, "the weights of torchvision's vgg16").to(device)
    if lpips_weights is None:
        return net, None
    return net, load_weights(LPIPS(), lpips_weights, "the linear layers of LPIPS for vgg").to(
        device
    )

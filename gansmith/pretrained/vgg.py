"""The convolutions of VGG16 (arXiv:1409.1556, table 1, D) and LPIPS, from local files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
MIN_SIZE = 16  # pixels, which four halvings reduce to one
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, pixels in [0, 1]


class VGG16(nn.Module):
    """The five blocks, without the classifier.

    Parameters have torchvision's names, features.0.weight to features.28.bias.
    forward: images (B, 3, H, W) in [-1, 1] -> the last activation of each block, (B, 64, H, W),
    (B, 128, H/2, W/2) ... (B, 512, H/16, W/16). Raises ValueError for sides below 16.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for block in BLOCKS:
            for width in block:
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
                before = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> list[Tensor]:
        if min(x.shape[2:]) < MIN_SIZE:
            raise ValueError(
                f"VGG16 takes images of {MIN_SIZE} pixels a side or more; these have "
                f"{tuple(x.shape[2:])}: leave out --vgg-weights, or take a larger --size"
            )
        mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
        h = ((x + 1) / 2 - mean) / std
        maps = []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                maps.append(h)
            h = layer(h)
        return [*maps, h]


class LPIPS(nn.Module):
    """LPIPS (arXiv:1801.03924, Eq. 1): a weighted distance of two images' VGG16 features.

    d = sum_l mean_hw sum_c w_lc (a_lc - b_lc)^2, with a and b of unit length over the channels.
    Parameters have the names of the authors' file, lin0.model.1.weight to lin4.
    forward: `VGG16` outputs of two batches, blocks of (B, C, h, w) -> a scalar, the mean over B.
    """

    def __init__(self) -> None:
        super().__init__()
        for place, block in enumerate(BLOCKS):
            layer = nn.Sequential(nn.Identity(), nn.Conv2d(block[-1], 1, 1, bias=False))
            self.add_module(f"lin{place}", nn.ModuleDict({"model": layer}))

    def forward(self, a: list[Tensor], b: list[Tensor]) -> Tensor:
        total = a[0].new_zeros(())
        for place, (one, other) in enumerate(zip(a, b, strict=True)):
            layer = self.get_submodule(f"lin{place}.model")
            total = (
                total + layer((normalize_channels(one) - normalize_channels(other)).square()).mean()
            )
        return total


def normalize_channels(x: Tensor) -> Tensor:
    """(B, C, h, w) divided by its length over C; 0 where that is 0."""
    return x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt()


def load_weights(net: nn.Module, path: Path, what: str) -> nn.Module:
    """The network with the weights of a file, frozen, in evaluation mode.

    path: .safetensors, or a state dict written by torch.save; a classifier in it is ignored.
    what: the weights in words, for messages.
    Raises FileNotFoundError where there is no file, ValueError where it holds something else.
    """
    state = _read(path, what)
    wanted = net.state_dict()
    wrong = [f"it lacks {key}" for key in wanted if key not in state]
    wrong += [
        f"{key} is {tuple(state[key].shape)}, not {tuple(value.shape)}"
        for key, value in wanted.items()
        if key in state and state[key].shape != value.shape
    ]
    wrong += [
        f"{key} does not belong to it"
        for key in state
        if key not in wanted and not key.startswith("classifier.")
    ]
    if wrong:
        raise ValueError(f"{path} does not hold {what}: {wrong[0]}")
    net.load_state_dict({key: state[key] for key in wanted})
    return net.float().requires_grad_(False).eval()


def _read(path: Path, what: str) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"no weights at {path}; it should hold {what}")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(
            f"{path} cannot be read as weights: {str(error).splitlines()[0]}; give {what}, as "
            ".safetensors or as torch.save writes it"
        ) from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"{path} holds no state dict; give {what}")
    return state

"""The convolutions of VGG16 (arXiv:1409.1556, table 1, D), read from a file of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
SMALLEST = 16  # pixels; four halvings leave one
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, pixels in [0, 1]


class VGG16(nn.Module):
    """The five blocks, without the classifier.

    The parameters are called as torchvision calls them, features.0.weight to features.28.bias.
    forward: pictures (B, 3, H, W) in [-1, 1] -> what each block ends in after its ReLU, (B, 64, H,
    W), (B, 128, H/2, W/2) ... (B, 512, H/16, W/16). Raises ValueError for sides below 16.
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
        if min(x.shape[2:]) < SMALLEST:
            raise ValueError(
                f"VGG16 looks at pictures of {SMALLEST} pixels or more; these have "
                f"{tuple(x.shape[2:])}: leave out --sight, or take a larger --size"
            )
        mean, std = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
        h = ((x + 1) / 2 - mean) / std
        seen = []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                seen.append(h)
            h = layer(h)
        return [*seen, h]


class Heads(nn.Module):
    """LPIPS (arXiv:1801.03924, Eq. 1): how much each channel of each block counts.

    d = sum_l mean_hw sum_c w_lc (a_lc - b_lc)^2, with a and b of unit length over the channels. The
    parameters are called as the authors' file calls them, lin0.model.1.weight to lin4.
    forward: what two pictures look like, blocks of (B, C, h, w) -> a scalar, the mean over B.
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
            total = total + layer((unit(one) - unit(other)).square()).mean()
        return total


def unit(x: Tensor) -> Tensor:
    """(B, C, h, w) of unit length over C; where nothing is seen, 0."""
    return x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt()


def filled(net: nn.Module, path: Path, what: str) -> nn.Module:
    """The network with the weights of a file, frozen, in evaluation mode.

    path: .safetensors, or what torch.save wrote of a state dict; a classifier in it is left aside.
    Raises FileNotFoundError where there is none, ValueError where it holds something else.
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
        f"{key} is no part of it"
        for key in state
        if key not in wanted and not key.startswith("classifier.")
    ]
    if wrong:
        raise ValueError(f"{path} does not hold {what}: {wrong[0]}")
    net.load_state_dict({key: state[key] for key in wanted})
    return net.float().requires_grad_(False).eval()


def _read(path: Path, what: str) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"no weights at {path}; there should be {what}")
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
        raise ValueError(f"{path} holds no weights by name; give {what}")
    return state

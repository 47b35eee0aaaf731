"""VGG16 by hand, from files of its format, and files of other things, which are refused by name."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.pretrained.vgg import LPIPS, VGG16, load_weights

PLACES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # of convolutions in torchvision's net
WIDTHS = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
POOLED = (2, 7, 14, 21, 28)


def weights(seed: int = 1) -> dict[str, Tensor]:
    """Random weights under torchvision's names."""
    state, before = {}, 3
    for place, width in zip(PLACES, WIDTHS, strict=True):
        scale = (2 / (9 * before)) ** 0.5
        state[f"features.{place}.weight"] = scale * Rng(seed, place).normal(width, before, 3, 3)
        state[f"features.{place}.bias"] = 0.1 * Rng(seed, place, 1).normal(width)
        before = width
    return state


def heads(seed: int = 2) -> dict[str, Tensor]:
    """Random heads under the authors' names."""
    widths = (64, 128, 256, 512, 512)
    return {
        f"lin{n}.model.1.weight": Rng(seed, n).uniform(1, width, 1, 1)
        for n, width in enumerate(widths)
    }


def by_hand(state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """The five blocks, one operation after the other."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    h = ((x * 0.5 + 0.5) - mean[:, None, None]) / std[:, None, None]
    seen = []
    for place in PLACES:
        weight, bias = state[f"features.{place}.weight"], state[f"features.{place}.bias"]
        h = F.relu(F.conv2d(h, weight, bias, padding=1))
        if place in POOLED:
            seen.append(h)
            h = F.max_pool2d(h, 2)
    return seen


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_it_is_what_the_file_says(tmp_path: Path, suffix: str) -> None:
    state = weights()
    full = state | {"classifier.0.weight": torch.zeros(3, 3)}  # as torchvision's file has it
    path = tmp_path / f"vgg16{suffix}"
    save_file(full, path) if suffix == ".safetensors" else torch.save(full, path)
    net = load_weights(VGG16(), path, "vgg16")
    assert not net.training
    assert not any(part.requires_grad for part in net.parameters())
    x = Rng(3).normal(2, 3, 32, 32)
    found, wanted = net(x), by_hand(state, x)
    assert [tuple(block.shape[1:]) for block in found] == [
        (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2),
    ]  # fmt: skip
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_lpips_by_hand(tmp_path: Path) -> None:
    torch.save(heads(), tmp_path / "vgg.pth")
    net = load_weights(LPIPS(), tmp_path / "vgg.pth", "heads")
    a = [Rng(4, n).normal(2, width, 3, 3) for n, width in enumerate((64, 128, 256, 512, 512))]
    b = [Rng(5, n).normal(2, width, 3, 3) for n, width in enumerate((64, 128, 256, 512, 512))]
    wanted = torch.zeros(2)
    for n, (one, other) in enumerate(zip(a, b, strict=True)):
        gap = F.normalize(one) - F.normalize(other)
        weighted = gap.square() * heads()[f"lin{n}.model.1.weight"]
        wanted += weighted.sum(1).mean((1, 2))
    torch.testing.assert_close(net(a, b), wanted.mean())
    assert net(a, a) == 0


def test_small_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match=r"16 pixels a side or more; these have \(15, 40\)"):
        VGG16()(torch.zeros(1, 3, 15, 40))


def test_files_of_other_things_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    with pytest.raises(FileNotFoundError, match=r"no weights at .*w.pth; it should hold vgg16"):
        load_weights(VGG16(), path, "vgg16")
    state = weights()
    del state["features.10.bias"]
    torch.save(state, path)
    with pytest.raises(ValueError, match="does not hold vgg16: it lacks features.10.bias"):
        load_weights(VGG16(), path, "vgg16")
    torch.save(weights() | {"features.0.weight": torch.zeros(64, 1, 3, 3)}, path)
    with pytest.raises(ValueError, match=r"features.0.weight is \(64, 1, 3, 3\), not \(64, 3, 3"):
        load_weights(VGG16(), path, "vgg16")
    torch.save(weights() | {"features.30.weight": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="features.30.weight does not belong to it"):
        load_weights(VGG16(), path, "vgg16")
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="holds no state dict"):
        load_weights(VGG16(), path, "vgg16")
    for name in ("w.pth", "w.safetensors"):
        (tmp_path / name).write_bytes(b"no weights")
        with pytest.raises(ValueError, match="cannot be read as weights"):
            load_weights(VGG16(), tmp_path / name, "vgg16")


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.path), "w"))


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path) -> None:
    path, trace = tmp_path / "w.pth", tmp_path / "trace"
    path.write_bytes(pickle.dumps({"features.0.weight": Evil(trace)}, protocol=2))
    with pytest.raises(ValueError, match="cannot be read as weights"):
        load_weights(VGG16(), path, "vgg16")
    assert not trace.exists()

from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.networks.patch import PatchDiscriminator, PixelDiscriminator


def support(D: nn.Module, size: int) -> int:
    """Side of the square of pixels that the middle logit depends on."""
    torch.manual_seed(0)
    x = torch.randn(1, 2, size, size, dtype=torch.float64, requires_grad=True)
    out = D.double()(x)
    middle = out.shape[2] // 2
    (gradient,) = torch.autograd.grad(out[0, 0, middle, middle], x)
    touched = (gradient[0] != 0).any(0)
    rows, columns = touched.any(1).nonzero(), touched.any(0).nonzero()
    assert touched.sum() == len(rows) * len(columns)
    assert rows.max() - rows.min() == columns.max() - columns.min()
    assert 0 < rows.min() <= rows.max() < size - 1
    return int(rows.max() - rows.min()) + 1


@pytest.mark.parametrize(
    ("layers", "side", "size"), [(0, 7, 24), (1, 16, 48), (2, 34, 96), (3, 70, 192)]
)
def test_receptive_field(layers: int, side: int, size: int) -> None:
    D = PatchDiscriminator(2, 2, layers, None)
    assert D.receptive_field() == side
    assert support(D, size) == side


def test_receptive_field_of_a_pixel() -> None:
    D = PixelDiscriminator(2, 2, None)
    assert D.receptive_field() == 1
    assert support(D, 9) == 1


def test_five_layers_reach_142() -> None:
    assert PatchDiscriminator(1, 1, 4).receptive_field() == 142


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [24, 28, 32, 40])
def test_maps(size: int, layers: int) -> None:
    out = PatchDiscriminator(3, 2, layers)(torch.randn(2, 3, size, size + 8))
    assert out.shape == (2, 1, size // 2**layers - 2, (size + 8) // 2**layers - 2)


def test_smallest_picture() -> None:
    D = PatchDiscriminator(3, 2, 3)
    assert D(torch.randn(2, 3, 24, 24)).shape == (2, 1, 1, 1)
    with pytest.raises(ValueError, match=r"side 24 or more; got \(23, 64\)"):
        D(torch.randn(2, 3, 23, 64))
    with pytest.raises(ValueError, match="0 or more; got -1"):
        PatchDiscriminator(3, 2, -1)


def test_parameter_count_of_the_70_patch() -> None:
    """C64-C128-C256-C512 and the last convolution; no bias before a norm."""
    D = PatchDiscriminator(3)
    expected = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 1
    assert sum(p.numel() for p in D.parameters()) == expected


def test_channels_stop_at_eight_widths() -> None:
    convs = [part for part in PatchDiscriminator(3, 2, 5).layers if isinstance(part, nn.Conv2d)]
    assert [conv.out_channels for conv in convs] == [2, 4, 8, 16, 16, 16, 1]


def test_first_layer_has_no_norm() -> None:
    norms = [isinstance(part, nn.InstanceNorm2d) for part in PatchDiscriminator(3, 2, 2).layers]
    assert norms == [False, False, False, True, False, False, True, False, False]

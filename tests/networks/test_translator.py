from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.networks.translator import ReflectionResidualBlock, TranslatorGenerator


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (30, 33), (32, 32), (40, 64)])
def test_size_is_kept(shape: tuple[int, int]) -> None:
    G = TranslatorGenerator(1, 3, 2, 1)
    assert G(torch.randn(2, 1, *shape)).shape == (2, 3, *shape)


def test_small_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match=r"side 8 or more; got \(7, 32\)"):
        TranslatorGenerator(3, 3, 2, 1)(torch.randn(1, 3, 7, 32))


@pytest.mark.parametrize("blocks", [6, 9])
def test_parameter_counts_of_the_paper(blocks: int) -> None:
    ends = 49 * 64 * (3 + 3) + 3
    between = 9 * 2 * (64 * 128 + 128 * 256)
    residual = 2 * 9 * 256 * 256
    with torch.device("meta"):
        G = TranslatorGenerator(3, 3, blocks=blocks)
    assert sum(p.numel() for p in G.parameters()) == ends + between + blocks * residual
    assert sum(isinstance(part, ReflectionResidualBlock) for part in G.modules()) == blocks


def test_borders_are_reflected() -> None:
    """On a constant picture, zeros at the border would show; reflections do not."""
    torch.manual_seed(0)
    G = TranslatorGenerator(1, 1, 4, 2, None).double()
    for part in G.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
    h = torch.full((1, 16, 9, 9), 0.7, dtype=torch.float64)
    out = G.layers[7](h)
    assert isinstance(G.layers[7], ReflectionResidualBlock)
    torch.testing.assert_close(out, out[:, :, :1, :1].expand_as(out))
    assert G.layers[0].padding == (3, 3, 3, 3)


def test_start_is_the_papers() -> None:
    torch.manual_seed(0)
    G = TranslatorGenerator(3, 3, 16, 2)
    flat = torch.cat([p.flatten() for p in G.parameters() if p.dim() == 4])
    torch.testing.assert_close(flat.std(), torch.tensor(0.02), rtol=0.02, atol=0)

from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.core.latent import Latent
from gansmith.networks.r3 import R3Block, R3Discriminator, R3Generator
from gansmith.penalties import R1


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (28, 1), (30, 3), (32, 3), (64, 1)])
def test_shapes(size: int, channels: int) -> None:
    torch.manual_seed(0)
    G, D = R3Generator(Latent(5), channels, size, 8), R3Discriminator(channels, size, 8)
    x = G(torch.randn(3, 5))
    assert x.shape == (3, channels, size, size)
    assert D(x).shape == (3,)
    assert x.isfinite().all()


def test_there_is_no_norm_and_a_block_begins_as_the_identity() -> None:
    torch.manual_seed(0)
    block = R3Block(16, 4)
    x = torch.randn(2, 16, 5, 5)
    assert block(x).equal(x)
    with torch.no_grad():
        block.layers[-1].weight.add_(0.1)
    assert not block(x).equal(x)
    kinds = {type(part) for part in R3Discriminator(1, 8, 8).modules()}
    assert not [kind for kind in kinds if "Norm" in kind.__name__]
    assert nn.Conv2d in kinds


def test_activations_neither_vanish_nor_explode_at_the_start() -> None:
    torch.manual_seed(0)
    G, D = R3Generator(Latent(64), 1, 32, 16), R3Discriminator(1, 32, 16)
    with torch.no_grad():
        x = G(torch.randn(64, 64))
        assert 0.1 < x.std() < 3
        assert 0.01 < D(torch.randn(64, 1, 32, 32)).std() < 3


def test_its_slope_has_a_slope() -> None:
    torch.manual_seed(0)
    D = R3Discriminator(1, 8, 8)
    x = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        for block in D.modules():
            if isinstance(block, R3Block):
                block.layers[-1].weight.normal_(0, 0.1)
    R1(1.0)(D, x, x, None).backward()
    assert all(
        p.grad is not None and p.grad.isfinite().all() for p in D.parameters() if p.dim() > 1
    )


def test_a_width_that_cannot_be_grouped_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8; got 12"):
        R3Discriminator(1, 8, 12)

from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.core.latent import Latent
from gansmith.networks.mlp import Maxout, MaxoutCritic, MLPCritic, MLPGenerator, MLPImageGenerator


def parameters(player: nn.Module) -> int:
    return sum(p.numel() for p in player.parameters())


def test_parameter_counts() -> None:
    assert parameters(MLPGenerator(Latent(2), 2, 128, 3)) == 3 * 128 + 2 * 129 * 128 + 129 * 2
    assert parameters(MLPCritic(2, 128, 3)) == 3 * 128 + 2 * 129 * 128 + 129
    first = 101 * 1200 + 1201 * 1200 + 1201 * 784
    assert parameters(MLPImageGenerator(Latent(100), 1, 28)) == first
    assert parameters(MaxoutCritic(784)) == 785 * 1200 + 241 * 1200 + 241


def test_maxout_is_the_largest_piece_of_each_unit() -> None:
    torch.manual_seed(0)
    layer = Maxout(3, 4, 5)
    x = torch.randn(7, 3)
    weight, bias = layer.linear.weight.view(4, 5, 3), layer.linear.bias.view(4, 5)
    pieces = torch.einsum("bi,upi->bup", x, weight) + bias
    torch.testing.assert_close(layer(x), pieces.max(2).values)


@pytest.mark.parametrize(
    ("player", "bound"), [(MLPImageGenerator(Latent(9), 1, 8), 0.05), (MaxoutCritic(64), 0.005)]
)
def test_first_gan_starts_uniform(player: nn.Module, bound: float) -> None:
    weights = [p for p in player.parameters() if p.dim() == 2]
    assert len(weights) == 3
    for weight in weights:
        assert weight.abs().max() <= bound
        assert weight.abs().max() > 0.9 * bound
    assert all((p == 0).all() for p in player.parameters() if p.dim() == 1)


def test_activation_is_a_choice() -> None:
    kinds = [type(layer) for layer in MLPCritic(2, 4, 2, nn.Tanh).layers]
    assert kinds == [nn.Flatten, nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]


@pytest.mark.parametrize(("width", "depth"), [(0, 2), (8, 0)])
def test_empty_layers_are_refused(width: int, depth: int) -> None:
    with pytest.raises(ValueError, match="width >= 1 and depth >= 1"):
        MLPCritic(2, width, depth)

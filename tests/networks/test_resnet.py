from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gansmith.core.latent import Latent
from gansmith.networks.resnet import (
    ResidualBlock,
    ResNetCritic,
    ResNetGenerator,
    downsample,
    identity,
    layer_norm,
    mean_pool,
    sum_pool,
    upsample,
)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 32, 33, 48, 64])
def test_sizes(size: int, channels: int) -> None:
    pictures = ResNetGenerator(Latent(4), channels, size, 2)(torch.randn(2, 4))
    assert pictures.shape == (2, channels, size, size)
    assert ResNetCritic(channels, size, 2)(pictures).shape == (2,)


def test_small_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="8 pixels a side or more"):
        ResNetGenerator(Latent(4), 3, 7)
    with pytest.raises(ValueError, match="8 pixels a side or more"):
        ResNetCritic(3, 7)


def test_parameter_counts_at_32() -> None:
    def conv(i: int, o: int, k: int) -> int:
        return i * o * k * k + o

    w = 128
    block = 2 * conv(w, w, 3)
    G = 129 * w * 16 + 3 * (block + conv(w, w, 1) + 4 * w) + 2 * w + conv(w, 3, 3)
    first = conv(3, w, 3) + conv(w, w, 3) + conv(3, w, 1)
    D = first + 3 * block + conv(w, w, 1) + w + 1
    assert sum(p.numel() for p in ResNetGenerator(Latent(128), 3, 32).parameters()) == G
    assert sum(p.numel() for p in ResNetCritic(3, 32).parameters()) == D


@pytest.mark.parametrize(("size", "blocks"), [(28, 2), (32, 3), (48, 3), (64, 4)])
def test_depth_follows_size(size: int, blocks: int) -> None:
    assert len(ResNetGenerator(Latent(4), 3, size, 2).blocks) == blocks
    halvings = sum(block.resample is downsample for block in ResNetCritic(3, size, 2).blocks)
    assert halvings == max(2, blocks - 1)


def test_block_that_shrinks_pools_after_the_shortcut_too() -> None:
    """The usual order, pool(conv1x1(x)), gives the same as the cheaper one."""
    torch.manual_seed(0)
    block = ResidualBlock(3, 5, downsample).double()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    h = block.conv2(F.relu(block.conv1(F.relu(x))))
    torch.testing.assert_close(block(x), F.avg_pool2d(h + block.shortcut(x), 2))


def test_block_that_grows_repeats_pixels_before_the_shortcut_too() -> None:
    torch.manual_seed(0)
    block = ResidualBlock(3, 5, upsample, nn.BatchNorm2d).double()
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    large = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    h = F.relu(F.batch_norm(x, None, None, training=True))
    h = block.conv1(h.repeat_interleave(2, 2).repeat_interleave(2, 3))
    h = block.conv2(F.relu(F.batch_norm(h, None, None, training=True)))
    torch.testing.assert_close(block(x), h + block.shortcut(large))


def test_first_block_sees_the_picture_itself() -> None:
    torch.manual_seed(0)
    block = ResidualBlock(3, 5, downsample, layer_norm, first=True).double()
    x = -torch.rand(2, 3, 8, 8, dtype=torch.float64)
    h = F.relu(F.layer_norm(block.conv1(x), (5, 8, 8)))
    expected = F.avg_pool2d(block.conv2(h) + block.shortcut(x), 2)
    torch.testing.assert_close(block(x), expected)


def test_block_that_keeps_is_straight() -> None:
    assert isinstance(ResidualBlock(4, 4, identity).shortcut, nn.Identity)
    assert isinstance(ResidualBlock(4, 5, identity).shortcut, nn.Conv2d)


def test_start_is_the_papers() -> None:
    torch.manual_seed(0)
    block = ResidualBlock(64, 32, upsample)
    for layer, gain in ((block.conv1, 2.0), (block.conv2, 2.0), (block.shortcut, 1.0)):
        assert isinstance(layer, nn.Conv2d)
        places = layer.kernel_size[0] ** 2
        std = math.sqrt(2 * gain / (places * (layer.in_channels + layer.out_channels)))
        torch.testing.assert_close(layer.weight.std(), torch.tensor(std), rtol=0.05, atol=0)
        assert layer.weight.abs().max() <= std * math.sqrt(3) * 1.0001
        assert (layer.bias == 0).all()


def test_pools() -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(sum_pool(x), 20 * mean_pool(x))
    torch.testing.assert_close(mean_pool(x), x.flatten(2).mean(2))

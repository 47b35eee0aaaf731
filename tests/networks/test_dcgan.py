from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.core.latent import Latent
from gansmith.networks.dcgan import (
    DCGANDiscriminator,
    DCGANGenerator,
    base_and_doublings,
    center_crop,
    init_normal,
)

SIZES = [8, 9, 15, 16, 17, 28, 29, 31, 32, 33, 45, 48, 56, 57, 64]


@pytest.mark.parametrize(
    ("size", "rungs"),
    [(8, (4, 1)), (28, (7, 2)), (32, (4, 3)), (48, (6, 3)), (56, (7, 3)), (64, (4, 4))],
)
def test_ladder_of_common_sizes(size: int, rungs: tuple[int, int]) -> None:
    assert base_and_doublings(size) == rungs


def test_ladder_never_starts_wide_or_overshoots() -> None:
    for size in range(8, 300):
        base, doublings = base_and_doublings(size)
        assert 4 <= base <= 7
        assert (base - 1) * 2**doublings < size <= base * 2**doublings


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("size", SIZES)
def test_sizes_and_channels(size: int, channels: int) -> None:
    codes = Latent(4)
    pictures = DCGANGenerator(codes, channels, size, 2)(torch.randn(3, 4))
    assert pictures.shape == (3, channels, size, size)
    assert DCGANDiscriminator(channels, size, 2)(pictures).shape == (3,)


@pytest.mark.parametrize("size", SIZES)
def test_every_pixel_counts(size: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 1, size, size, requires_grad=True)
    critic = DCGANDiscriminator(1, size, 2, None)
    critic(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()


@pytest.mark.parametrize("size", [7, 1, 0, -3])
def test_small_sizes_are_refused_with_a_way_out(size: int) -> None:
    with pytest.raises(ValueError, match=f"8 pixels a side or more.*got {size}"):
        DCGANGenerator(Latent(4), 1, size)
    with pytest.raises(ValueError, match=f"8 pixels a side or more.*got {size}"):
        DCGANDiscriminator(1, size)


@pytest.mark.parametrize("channels", [1, 3])
def test_parameter_counts_at_32(channels: int) -> None:
    """G 100-256-128-64-C and D C-64-128-256-1, 4x4 kernels."""
    G, D = DCGANGenerator(Latent(100), channels, 32), DCGANDiscriminator(channels, 32)
    up = 16 * (100 * 256 + 256 * 128 + 128 * 64 + 64 * channels) + channels
    down = 16 * (channels * 64 + 64 * 128 + 128 * 256 + 256) + 64 + 1
    assert sum(p.numel() for p in G.parameters()) == up + 2 * (256 + 128 + 64)
    assert sum(p.numel() for p in D.parameters()) == down + 2 * (128 + 256)


def test_layers_at_28_and_64() -> None:
    def widths(player: nn.Module) -> list[int]:
        kinds = (nn.Conv2d, nn.ConvTranspose2d)
        return [part.out_channels for part in player.modules() if isinstance(part, kinds)]

    assert widths(DCGANGenerator(Latent(100), 1, 28)) == [128, 64, 1]
    assert widths(DCGANDiscriminator(1, 28)) == [64, 128, 1]
    assert widths(DCGANGenerator(Latent(100), 3, 64, 128)) == [1024, 512, 256, 128, 3]
    assert widths(DCGANDiscriminator(3, 64)) == [64, 128, 256, 512, 1]


def test_start_is_the_papers() -> None:
    torch.manual_seed(0)
    player = nn.ModuleList([DCGANGenerator(Latent(50), 3, 32), DCGANDiscriminator(3, 32)])
    weights = [p for name, p in player.named_parameters() if p.dim() == 4]
    scales = torch.cat([p for name, p in player.named_parameters() if _scale(name, p)])
    biases = [p for name, p in player.named_parameters() if name.endswith("bias")]
    flat = torch.cat([w.flatten() for w in weights])
    torch.testing.assert_close(flat.std(), torch.tensor(0.02), rtol=0.01, atol=0)
    torch.testing.assert_close(flat.mean(), torch.tensor(0.0), rtol=0, atol=2e-4)
    torch.testing.assert_close(scales.std(), torch.tensor(0.02), rtol=0.1, atol=0)
    torch.testing.assert_close(scales.mean(), torch.tensor(1.0), rtol=0, atol=3e-3)
    assert len(weights) == 8
    assert len(biases) == 8
    assert all((b == 0).all() for b in biases)


def _scale(name: str, parameter: torch.Tensor) -> bool:
    return name.endswith("weight") and parameter.dim() == 1


def test_start_takes_norms_without_weights() -> None:
    norms = nn.Sequential(nn.InstanceNorm2d(3), nn.BatchNorm2d(3, affine=False))
    init_normal(norms)
    assert not list(norms.parameters())


def test_norm_is_a_choice() -> None:
    bare = DCGANDiscriminator(3, 32, 4, None)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in bare.modules())
    assert all(part.bias is not None for part in bare.modules() if isinstance(part, nn.Conv2d))
    group = DCGANGenerator(Latent(4), 3, 32, 4, lambda c: nn.GroupNorm(2, c))
    assert sum(isinstance(part, nn.GroupNorm) for part in group.modules()) == 3


def test_no_norm_after_the_first_convolution() -> None:
    kinds = [type(layer) for layer in DCGANDiscriminator(1, 28, 4).layers]
    conv, leaky = nn.Conv2d, nn.LeakyReLU
    assert kinds == [conv, leaky, conv, nn.BatchNorm2d, leaky, conv, nn.Flatten]


def test_centre() -> None:
    x = torch.arange(25.0).view(1, 1, 5, 5)
    assert torch.equal(center_crop(x, 3), x[:, :, 1:4, 1:4])
    assert torch.equal(center_crop(x, 5), x)


def test_convolutions_over_time_are_drawn_like_those_over_pictures() -> None:
    for layer in (nn.Conv1d(8, 8, 31), nn.ConvTranspose1d(8, 8, 31)):
        init_normal(layer)
        assert abs(float(layer.weight.detach().mean())) < 0.005
        assert 0.015 < float(layer.weight.detach().std()) < 0.025

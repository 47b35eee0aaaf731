"""What every picture and point player must do, whatever its make."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    MaxoutCritic,
    MLPCritic,
    MLPGenerator,
    MLPImageGenerator,
    PatchDiscriminator,
    PixelDiscriminator,
    ResNetCritic,
    ResNetGenerator,
    TranslatorGenerator,
)
from gansmith.networks.resnet import layer_norm, sum_pool

CODES = Latent(5)
Case = tuple[Callable[[], nn.Module], tuple[int, ...], tuple[int, ...]]

# name -> (how it is made, shape of one input, shape of one output)
GENERATORS: dict[str, Case] = {
    "mlp": (lambda: MLPGenerator(CODES, 2, 16, 2), (5,), (2,)),
    "picture-mlp": (lambda: MLPImageGenerator(CODES, 1, 8, 32), (5,), (1, 8, 8)),
    "dcgan": (lambda: DCGANGenerator(CODES, 3, 16, 4, None), (5,), (3, 16, 16)),
    "resnet": (lambda: ResNetGenerator(CODES, 3, 16, 4, None), (5,), (3, 16, 16)),
    "translator": (lambda: TranslatorGenerator(3, 1, 4, 2), (3, 16, 16), (1, 16, 16)),
    "translator-bare": (
        lambda: TranslatorGenerator(3, 1, 4, 2, None),
        (3, 16, 16),
        (1, 16, 16),
    ),
}
CRITICS: dict[str, Case] = {
    "mlp": (lambda: MLPCritic(2, 16, 2), (2,), ()),
    "mlp-on-pictures": (lambda: MLPCritic(64, 16, 2), (1, 8, 8), ()),
    "maxout": (lambda: MaxoutCritic(64, 8, 3), (1, 8, 8), ()),
    "dcgan": (lambda: DCGANDiscriminator(3, 16, 4, None), (3, 16, 16), ()),
    "dcgan-layernorm": (lambda: DCGANDiscriminator(3, 16, 4, layer_norm), (3, 16, 16), ()),
    "resnet": (lambda: ResNetCritic(3, 16, 4), (3, 16, 16), ()),
    "resnet-sum": (lambda: ResNetCritic(3, 16, 4, layer_norm, sum_pool), (3, 16, 16), ()),
    "patch": (lambda: PatchDiscriminator(3, 4, 2), (3, 16, 16), (1, 2, 2)),
    "pixel": (lambda: PixelDiscriminator(3, 4), (3, 16, 16), (1, 16, 16)),
}
BATCHED: dict[str, Case] = {
    "dcgan-G": (lambda: DCGANGenerator(CODES, 3, 16, 4), (5,), (3, 16, 16)),
    "dcgan-D": (lambda: DCGANDiscriminator(3, 16, 4), (3, 16, 16), ()),
    "resnet-G": (lambda: ResNetGenerator(CODES, 3, 16, 4), (5,), (3, 16, 16)),
}
FREE = {f"{name}-G": case for name, case in GENERATORS.items()}
FREE |= {f"{name}-D": case for name, case in CRITICS.items()}
ALL = FREE | BATCHED


def made(case: Case, dtype: torch.dtype = torch.float32) -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    player = case[0]().to(dtype)
    return player, torch.randn(4, *case[1], dtype=dtype)


def loud(player: nn.Module) -> nn.Module:
    """Larger weights than at the start, so that no signal drowns in rounding."""
    for parameter in player.parameters():
        if parameter.dim() > 1:
            nn.init.kaiming_normal_(parameter)
    return player


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ALL)
def test_shape_and_dtype(name: str, dtype: torch.dtype) -> None:
    player, x = made(ALL[name], dtype)
    out = player(x)
    assert out.shape == (4, *ALL[name][2])
    assert out.dtype == dtype
    assert out.isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_gradient_reaches_every_parameter(name: str) -> None:
    player, x = made(ALL[name], torch.float64)
    loud(player)(x).square().sum().backward()
    count = 0
    for path, parameter in player.named_parameters():
        assert parameter.grad is not None, path
        # what adds a constant to a channel is taken out again by a batch norm behind it
        if not (name == "resnet-G" and path.endswith("bias")):
            assert parameter.grad.abs().max() > 1e-12, path
            count += 1
    assert count >= 4


@pytest.mark.parametrize("name", ALL)
def test_start_is_a_function_of_the_seed(name: str) -> None:
    first, second = made(ALL[name])[0].state_dict(), made(ALL[name])[0].state_dict()
    torch.manual_seed(1)
    other = ALL[name][0]().state_dict()
    assert list(first) == list(second)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", FREE)
def test_samples_do_not_see_each_other(name: str) -> None:
    player, x = made(FREE[name], torch.float64)
    loud(player)
    whole = player(x)
    apart = torch.cat([player(x[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(whole, apart)
    assert not torch.allclose(whole[0], whole[1])


@pytest.mark.parametrize("name", BATCHED)
def test_batch_norm_is_there_by_default(name: str) -> None:
    player, x = made(BATCHED[name], torch.float64)
    assert not torch.allclose(player(x)[:2], player(x[:2]))
    assert any(isinstance(part, nn.BatchNorm2d) for part in player.modules())


@pytest.mark.parametrize("name", ALL)
def test_channels_last_gives_the_same(name: str) -> None:
    player, x = made(ALL[name], torch.float64)
    expected = player(x)
    if x.dim() == 4:
        x = x.to(memory_format=torch.channels_last)
    torch.testing.assert_close(player.to(memory_format=torch.channels_last)(x), expected)


@pytest.mark.parametrize(
    "name", [f"{n}-G" for n in GENERATORS if n != "mlp"] + [n for n in BATCHED if n[-1] == "G"]
)
def test_pictures_stay_in_range(name: str) -> None:
    player, x = made(ALL[name])
    out = loud(player)(50 * x)
    assert out.abs().max() <= 1
    assert out.min() < -0.5
    assert out.max() > 0.5


@pytest.mark.parametrize("name", ["mlp", "mlp-on-pictures", "maxout", "dcgan", "dcgan-layernorm"])
def test_chain_is_the_critic(name: str) -> None:
    critic, x = made(CRITICS[name])
    assert isinstance(critic.layers, nn.Sequential)
    chain = x
    for layer in critic.layers:
        chain = layer(chain)
    torch.testing.assert_close(chain, critic(x)[:, None], rtol=0, atol=0)


@pytest.mark.parametrize("name", ["mlp", "mlp-on-pictures", "dcgan"])
def test_plain_critics_are_linear_in_pieces(name: str) -> None:
    critic, _ = made(CRITICS[name])
    kinds = {type(layer) for layer in critic.layers}
    assert kinds <= {nn.Conv2d, nn.Linear, nn.ReLU, nn.LeakyReLU, nn.Flatten}


@pytest.mark.parametrize("name", ["mlp", "picture-mlp", "dcgan", "resnet"])
def test_generators_carry_their_prior(name: str) -> None:
    assert made(GENERATORS[name])[0].latent is CODES

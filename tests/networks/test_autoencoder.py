from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.networks.autoencoder import (
    AutoencoderDiscriminator,
    absolute_error,
    code_head,
    image_autoencoder,
    point_autoencoder,
    squared_error,
)


@pytest.mark.parametrize("size", [8, 28, 30, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_any_size_become_codes_and_pictures_again(size: int, channels: int) -> None:
    encoder, decoder = image_autoencoder(Latent(5), channels, size, 4)
    x = Rng(0).uniform(2, channels, size, size)
    codes = encoder(x)
    assert codes.shape == (2, 5)
    copy = decoder(codes)
    assert copy.shape == x.shape
    assert copy.detach().abs().max() <= 1


def test_points_become_codes_and_points_again() -> None:
    encoder, decoder = point_autoencoder(Latent(1), 2, 8)
    codes = encoder(torch.zeros(3, 2))
    assert codes.shape == (3, 1)
    assert decoder(codes).shape == (3, 2)


def test_an_encoder_may_say_two_numbers_of_each_coordinate() -> None:
    assert point_autoencoder(Latent(3), 2, 8, 2)[0](torch.zeros(4, 2)).shape == (4, 6)
    wide = image_autoencoder(Latent(3), 1, 8, 4, moments=2)[0]
    assert wide(torch.zeros(4, 1, 8, 8)).shape == (4, 6)


def test_norm_is_as_asked_in_both_halves() -> None:
    for norm, count in ((None, 0), (nn.BatchNorm2d, 2)):
        coders = image_autoencoder(Latent(3), 1, 16, 4, norm)
        for half in coders:
            norms = [part for part in half.modules() if isinstance(part, nn.BatchNorm2d)]
            assert len(norms) == (count if half is coders[1] else count // 2)


def test_the_head_is_one_layer_over_the_whole_map() -> None:
    flat, layer = code_head(7)(4, 3)
    assert isinstance(flat, nn.Flatten)
    assert isinstance(layer, nn.Linear)
    assert (layer.in_features, layer.out_features) == (36, 7)


class Shrink(nn.Module):
    """Half of what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return x / 2


@pytest.mark.parametrize(
    ("cost", "logits"), [(squared_error, [-1.0, -10.0]), (absolute_error, [-1.0, -3.0])]
)
def test_the_logit_is_minus_the_mean_error_of_each_copy(cost: object, logits: list[float]) -> None:
    D = AutoencoderDiscriminator(nn.Identity(), Shrink(), cost)  # type: ignore[arg-type]
    x = torch.tensor([[[2.0, -2.0]], [[4.0, 8.0]]])  # errors 1, 1 and 2, 4
    assert D(x).tolist() == logits
    assert D.logits(x, torch.zeros_like(x)).tolist() == D.cost(x).mean((1, 2)).neg().tolist()


def test_the_scale_of_the_logit_does_not_depend_on_the_size() -> None:
    D = AutoencoderDiscriminator(nn.Identity(), Shrink())
    small, large = (D(torch.ones(1, 1, side, side)) for side in (8, 64))
    assert small.equal(large)


def test_what_is_copied_well_is_found_real_also_in_half_precision() -> None:
    torch.manual_seed(0)
    D = AutoencoderDiscriminator(*point_autoencoder(Latent(1), 2, 16))
    with torch.autocast("cpu", torch.bfloat16):
        logits = D(Rng(0).normal(4, 2))
    assert logits.dtype == torch.float32
    assert (logits <= 0).all()

"""Tiles give what the whole image gives, pixel for pixel, and hold no more than a tile."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.networks.unet import MaskComposite, UNet, Upscaler
from gansmith.sampling.tiling import spans, tiled


def trained(net: nn.Module) -> nn.Module:
    """The net with weights of some size and batch statistics that are not the first ones."""
    for n, value in enumerate(net.parameters()):
        value.data.add_(0.1 * Rng(9, n).normal(*value.shape))
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.sub_(0.3)  # type: ignore[union-attr, operator]
            part.running_var.mul_(0.1)  # type: ignore[union-attr, operator]
    return net.eval().requires_grad_(False)


def test_spans_cover_a_length_once() -> None:
    assert list(spans(10, 4)) == [(0, 4), (4, 8), (8, 10)]
    assert list(spans(8, 4)) == [(0, 4), (4, 8)]


@pytest.mark.parametrize(("height", "width"), [(97, 70), (96, 128), (40, 131)])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_u_net_has_no_seams(depth: int, height: int, width: int) -> None:
    torch.manual_seed(0)
    net = trained(UNet(1, 3, 4, depth))
    z = torch.ones(1, net.latent.dim)  # type: ignore[union-attr, arg-type]
    c = Rng(2).normal(1, 1, height, width)
    sizes = []

    def net_of(part: Tensor) -> Tensor:
        sizes.append(max(part.shape[2:]))
        return net(z, part)

    reach = int(net.reach)  # type: ignore[arg-type]
    whole = net(z, c)
    torch.testing.assert_close(tiled(net_of, c, reach, reach), whole, atol=1e-6, rtol=0)
    if max(height, width) > 3 * reach:
        assert len(sizes) > 1
        assert max(sizes) <= 3 * reach


def test_a_margin_that_is_too_small_shows() -> None:
    """The control: with less than the net can see there are seams."""
    torch.manual_seed(0)
    net = trained(UNet(1, 3, 4, 3))
    z = torch.ones(1, net.latent.dim)  # type: ignore[union-attr, arg-type]
    c = Rng(2).normal(1, 1, 96, 96)
    seamed = tiled(lambda part: net(z, part), c, 8, 8)
    assert float((seamed - net(z, c)).abs().max()) > 1e-3


@pytest.mark.parametrize("factor", [2, 4])
def test_an_enlarger_has_no_seams(factor: int) -> None:
    torch.manual_seed(0)
    net = trained(Upscaler(1, factor, 4))
    c = Rng(2).normal(1, 1, 75, 61).clamp(-1, 1)
    z = torch.zeros(1, 1)
    found = tiled(lambda part: net(z, part), c, int(net.reach), 16)  # type: ignore[arg-type]
    assert found.shape == (1, 1, 75 * factor, 61 * factor)
    torch.testing.assert_close(found, net(z, c), atol=1e-5, rtol=0)


def test_known_pixels_stay_in_every_tile() -> None:
    torch.manual_seed(0)
    net = trained(MaskComposite(UNet(2, 1, 4, 2)))
    c = Rng(2).normal(1, 2, 80, 80).clamp(-1, 1)
    c[:, 1] = -1
    c[:, 1, 30:50, 30:50] = 1
    found = tiled(lambda part: net(torch.zeros(1, 4), part), c, 16, 16)
    known = c[:, 1:] < 0
    assert found[known].equal(c[:, :1][known])
    assert not found[~known].equal(c[:, :1][~known])


def test_the_output_has_the_type_that_the_net_gives() -> None:
    c = torch.zeros(1, 1, 64, 64, dtype=torch.uint8)
    found = tiled(lambda part: part + 7, c, 4, 4)
    assert (found.dtype, found.unique().tolist()) == (torch.uint8, [7])


def test_a_tile_that_does_not_go_with_the_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="a tile of 10 pixels does not go with a reach of 4"):
        tiled(lambda part: part, torch.zeros(1, 1, 64, 64), 4, 10)

"""Answers to pictures: any size, the noise of dropped channels, how far a pixel looks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.networks.unet import (
    ImageOnlyDiscriminator,
    MaskComposite,
    PairDiscriminator,
    UNet,
    Upscaler,
)


def support(net: torch.nn.Module, z: Tensor, c: Tensor, y: int, x: int) -> int:
    """How far from (y, x) the answer there depends on what is given, by the slope."""
    c = c.requires_grad_()
    net(z, c)[0, :, y, x].sum().backward()
    assert c.grad is not None
    rows, columns = c.grad[0].abs().sum(0).nonzero(as_tuple=True)
    return int(torch.cat([(rows - y).abs(), (columns - x).abs()]).max())


@pytest.mark.parametrize("size", [(4, 4), (16, 16), (17, 30), (5, 64)])
def test_pictures_of_any_size_are_answered_at_their_size(size: tuple[int, int]) -> None:
    net = UNet(1, 3, 4, 3).eval()
    z = net.latent.sample(2, Rng(1))
    answer = net(z, Rng(2).normal(2, 1, *size)).detach()
    assert answer.shape == (2, 3, *size)
    assert float(answer.abs().max()) <= 1


def test_a_side_that_does_not_divide_is_continued_by_its_last_row() -> None:
    net = UNet(1, 1, 4, 2).eval()
    z = net.latent.sample(1, Rng(1))
    c = Rng(2).normal(1, 1, 10, 12)
    longer = torch.cat([c, c[:, :, -1:].expand(-1, -1, 2, -1)], 2)
    torch.testing.assert_close(net(z, c), net(z, longer)[:, :, :10])


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_pixel_looks_no_further_than_it_says_and_nearly_so_far(depth: int) -> None:
    torch.manual_seed(0)
    net = UNet(1, 1, 4, depth).eval()
    z = torch.ones(1, net.latent.dim)  # nothing is dropped
    side = 4 * net.reach
    found = support(net, z, Rng(2).normal(1, 1, side, side), side // 2 + 1, side // 2 + 1)
    assert net.reach / 3 < found <= net.reach


def test_the_noise_drops_half_of_the_channels_and_changes_the_answer() -> None:
    torch.manual_seed(0)
    net = UNet(1, 1, 8, 4)
    assert net.latent.dim == sum(net.dropped) == 32 + 16 + 8
    assert (net.latent.sample(500, Rng(1)) >= 0).float().mean() == pytest.approx(0.5, abs=0.02)
    net.eval()
    c = Rng(2).normal(1, 1, 32, 32)
    one, other = (net(net.latent.sample(1, Rng(n)), c) for n in (1, 2))
    assert not one.equal(other)
    assert one.equal(net(net.latent.sample(1, Rng(1)), c))


def test_skips_carry_what_the_innermost_map_cannot() -> None:
    """Without the innermost steps, whose channels are all dropped, the outermost still answers."""
    torch.manual_seed(0)
    net = UNet(1, 1, 4, 4).eval()
    nothing = -torch.ones(1, net.latent.dim)
    c, other = Rng(2).normal(2, 1, 1, 32, 32)
    assert not net(nothing, c).equal(net(nothing, other))


@pytest.mark.parametrize("factor", [2, 4])
def test_an_untrained_enlarger_enlarges(factor: int) -> None:
    net = Upscaler(3, factor, 8)
    c = Rng(1).uniform(2, 3, 12, 9) * 1.6 - 0.8
    made = net(torch.zeros(2, 1), c).detach()
    plain = torch.nn.functional.interpolate(c, scale_factor=float(factor), mode="bilinear")
    assert made.shape == (2, 3, 12 * factor, 9 * factor)
    assert float((made - plain).abs().max()) < 0.05
    assert not made.equal(plain)
    with pytest.raises(ValueError, match="enlarged by 2 or 4; got 3"):
        Upscaler(3, 3)


def test_only_the_hole_is_painted() -> None:
    net = MaskComposite(UNet(2, 1, 4, 2)).eval()
    c = Rng(1).normal(1, 2, 16, 16)
    c[:, 1] = -1
    c[:, 1, 4:9, 5:7] = 1
    made = net(torch.zeros(1, net.latent.dim), c)
    changed = (made != c[:, :1])[0, 0].nonzero()
    assert changed.amin(0).tolist() == [4, 5]
    assert changed.amax(0).tolist() == [8, 6]


def test_a_judge_of_pairs_sees_both_and_a_blind_one_the_answer_only() -> None:
    layer = torch.nn.Conv2d(2, 1, 3)
    beside = PairDiscriminator(layer)
    x, c, other = Rng(1).normal(3, 2, 1, 8, 8)
    assert not beside(x, c).equal(beside(x, other))
    small = c[:, :, ::2, ::2]
    enlarged = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(beside(x, small), beside(x, enlarged))
    blind = ImageOnlyDiscriminator(torch.nn.Conv2d(1, 1, 3))
    assert blind(x, c).equal(blind(x, other))

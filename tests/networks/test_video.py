"""The net that continues clips: what stays, what the code does, any size."""

from __future__ import annotations

import torch

from gansmith.core.rng import Rng
from gansmith.networks.video import NextFrameNet
from gansmith.sampling.tiling import tiled


def net(codes: int = 2) -> NextFrameNet:
    torch.manual_seed(0)
    return NextFrameNet(3, 1, width=4, depth=2, codes=codes).eval().requires_grad_(False)


def test_an_untrained_net_mostly_keeps_the_last_frame() -> None:
    c = 2 * Rng(1).uniform(4, 3, 16, 16) - 1
    made = net()(Rng(2).normal(4, 2), c)
    to = [float((made - c[:, k : k + 1]).abs().mean()) for k in range(3)]
    assert to[2] < 0.2 < to[0]
    assert float(made.abs().max()) <= 1


def test_the_code_is_seen_everywhere_and_without_codes_nothing_is_left_to_chance() -> None:
    c = 2 * Rng(1).uniform(1, 3, 16, 16) - 1
    moved = (net()(torch.ones(1, 2), c) - net()(-torch.ones(1, 2), c))[0, 0]
    assert bool((moved != 0).all())
    sure = net(codes=0)
    assert sure(torch.ones(1, 1), c).equal(sure(-torch.ones(1, 1), c))


def test_any_size_at_once_or_in_tiles() -> None:
    c = 2 * Rng(1).uniform(1, 3, 150, 97) - 1
    z = Rng(2).normal(1, 2)
    G = net()
    whole = G(z, c)
    assert whole.shape == (1, 1, 150, 97)
    parts = tiled(lambda part: G(z, part), c, G.reach, tile=32)
    assert float((whole - parts).abs().max()) < 1e-5


def test_a_pixel_at_the_end_of_the_range_can_still_be_moved() -> None:
    G = net().requires_grad_(True)
    for end in (-1.0, 1.0):
        G.zero_grad()
        made = G(Rng(2).normal(4, 2), torch.full((4, 3, 16, 16), end))
        assert float(made.detach().mean() * end) > 0.9
        (made - -end).square().mean().backward()
        bias = G.net.up[-1][-1].bias  # type: ignore[index]
        assert float(bias.grad.abs().max()) > 0.05

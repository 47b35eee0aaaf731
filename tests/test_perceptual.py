"""A distance as a network sees it: by hand, fixed for good, and blind to what the network is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.metrics import load_judge
from gansmith.perceptual import Perceptual, by_judge, fixed, unseen
from gansmith.rng import Rng


def test_the_distance_is_the_sum_over_layers_of_mean_differences() -> None:
    torch.manual_seed(0)
    one, two = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 3, 3)

    def layers(x: Tensor) -> list[Tensor]:
        return [one(x), two(one(x))]

    sight = Perceptual(nn.Sequential(one, two), layers)
    a, b = Rng(1).normal(2, 4, 1, 8, 8)
    wanted = (one(a) - one(b)).abs().mean() + (two(one(a)) - two(one(b))).abs().mean()
    torch.testing.assert_close(sight(a, b), wanted)
    assert sight(a, a) == 0


def test_its_network_never_learns_and_is_saved() -> None:
    sight = by_judge(load_judge("fashion"))
    assert not list(sight.parameters())
    assert any(key.startswith("net.three") for key in sight.state_dict())
    sight.train()
    assert not any(part.training for part in sight.net.modules())
    a = Rng(1).normal(2, 1, 28, 28).requires_grad_()
    before = {k: v.clone() for k, v in sight.state_dict().items()}
    sight(a, torch.zeros_like(a)).backward()
    assert a.grad is not None
    assert float(a.grad.abs().max()) > 0
    assert all(v.equal(before[k]) for k, v in sight.state_dict().items())


def test_the_judge_it_came_from_stays_as_it_was() -> None:
    judge = load_judge("fashion")
    names = {name for name, _ in judge.named_parameters()}
    by_judge(judge)
    assert {name for name, _ in judge.named_parameters()} == names


def test_pictures_of_another_size_and_colour_are_brought_to_the_judge_s() -> None:
    sight = by_judge(load_judge("fashion"))
    a, b = Rng(1).normal(2, 3, 3, 40, 40)
    assert float(sight(a, b)) > 0
    assert sight(a.half(), b.half()).dtype == torch.float32


def test_what_is_in_its_place_is_nearer_than_what_is_moved_as_much() -> None:
    """A faint shift of all pixels is seen less than the same shift in a pattern of parts."""
    sight = by_judge(load_judge("fashion"))
    x = torch.zeros(1, 1, 28, 28)
    x[:, :, 8:20, 8:20] = 0.8
    stripes = torch.ones(28, 28)
    stripes[:, ::2] = -1
    even, pattern = x + 0.1, x + 0.1 * stripes
    assert (even - x).abs().mean() == (pattern - x).abs().mean()
    assert float(sight(even, x)) < float(sight(pattern, x))


def test_fixed_makes_buffers_in_place() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    state = {k: v.clone() for k, v in net.state_dict().items()}
    assert fixed(net) is net
    assert not net.training
    assert not list(net.parameters())
    assert all(v.equal(state[k]) for k, v in net.state_dict().items())


def test_without_a_distance_nothing_is_seen() -> None:
    assert unseen(torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)) == 0

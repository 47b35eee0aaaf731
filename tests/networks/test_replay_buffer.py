from __future__ import annotations

import pytest
import torch

from gansmith.core import distributed
from gansmith.core.rng import Rng
from gansmith.networks.replay_buffer import ReplayBuffer


def test_chains_begin_uniform_within_the_spread() -> None:
    torch.manual_seed(0)
    for x in (
        ReplayBuffer(4000, (3,), 2.0).chains,
        ReplayBuffer(1, (3,), 2.0).initial(4000, Rng(0)),
    ):
        assert x.shape == (4000, 3)
        assert 1.99 < float(x.abs().max()) <= 2
        assert abs(float(x.mean())) < 0.05
        assert abs(float(x.var()) - 4 / 3) < 0.05


def test_the_places_of_a_batch_differ_and_all_come_up() -> None:
    replay = ReplayBuffer(10, (1,))
    draws = torch.stack([replay.random_indices(8, Rng(n)) for n in range(200)])
    assert all(len(row.unique()) == 8 for row in draws)
    assert draws.flatten().bincount(minlength=10).min() > 120


def test_what_is_put_is_what_is_taken() -> None:
    replay = ReplayBuffer(5, (2,))
    before = replay.chains.clone()
    x = torch.arange(4.0).view(2, 2).requires_grad_()
    replay.put(torch.tensor([3, 1]), x * 1)
    assert replay.get(torch.tensor([1, 3])).equal(x.detach().flip(0))
    assert replay.chains[[0, 2, 4]].equal(before[[0, 2, 4]])
    assert not replay.chains.requires_grad
    assert set(replay.state_dict()) == {"chains"}


def test_every_process_holds_the_same_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of two processes puts two chains; both hold all four."""
    places, x = torch.tensor([4, 0, 2, 3]), torch.arange(8.0).view(4, 2)
    world = {1: places, 2: x}
    monkeypatch.setattr(distributed, "gather", lambda part: world[part.dim()])
    for rows in (slice(0, 2), slice(2, 4)):
        replay = ReplayBuffer(5, (2,))
        replay.put(places[rows], x[rows])
        assert replay.get(places).equal(x)


def test_a_batch_larger_than_the_buffer_is_refused() -> None:
    with pytest.raises(ValueError, match="batch of 6 .* there are 5"):
        ReplayBuffer(5, (1,)).random_indices(6, Rng(0))
    with pytest.raises(ValueError, match="size=0"):
        ReplayBuffer(0, (1,))

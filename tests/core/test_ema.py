from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.core.ema import EMA
from gansmith.core.game import Batch, Game, Losses, Phase


class Toy(Game):
    """Two players of one parameter; G has buffers, a floating and a counting one."""

    def __init__(self) -> None:
        super().__init__()
        self.G, self.D = nn.BatchNorm1d(2), nn.Linear(1, 1)

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.play), Phase("G", self.play)

    def play(self, x: Batch) -> Losses:
        return {}


def put(player: nn.BatchNorm1d, value: float) -> None:
    with torch.no_grad():
        player.weight.fill_(value)
        player.running_mean.fill_(10 * value)  # type: ignore[union-attr]
        player.num_batches_tracked.fill_(int(value))  # type: ignore[union-attr]


def test_the_average_follows_its_closed_form_with_its_warm_up() -> None:
    """A_t = A_0 prod d_i + sum_i (1 - d_i) P_i prod_{j > i} d_j, d_t = min(decay, (1+t)/(10+t))."""
    game = Toy()
    put(game.G, 1.0)
    ema = EMA(game, decay=0.5)
    values = [4.0, -2.0, 7.0, 1.0, 3.0, 9.0, 2.0, 5.0, 6.0, 8.0]
    for value in values:
        put(game.G, value)
        ema.update("G", game.G)
    decays = [min(0.5, (1 + t) / (10 + t)) for t in range(1, len(values) + 1)]
    assert decays[0] == pytest.approx(2 / 11)
    assert decays[-1] == 0.5
    assert decays[6] < 0.5
    left = torch.tensor(decays, dtype=torch.float64)
    kept = left.flip(0).cumprod(0).flip(0)  # product of decays from each move on
    after = torch.cat([kept[1:], torch.ones(1)])
    truth = float(kept[0] * 1.0 + ((1 - left) * after * torch.tensor(values)).sum())
    mine = ema.players["G"]
    torch.testing.assert_close(mine.weight.detach(), torch.full((2,), truth))
    torch.testing.assert_close(mine.running_mean, torch.full((2,), 10 * truth))
    assert int(mine.num_batches_tracked) == 8  # counts are copied
    assert game.G.weight[0].item() == 8


def test_only_the_averaged_players_have_one_and_decay_0_keeps_none() -> None:
    game = Toy()
    ema = EMA(game, 0.9)
    assert list(ema.players) == ["G"]
    ema.update("D", game.D)
    assert ema.counts == [0]
    none = EMA(game, 0.0)
    assert list(none.players) == []
    assert list(none.parameters()) == []
    none.update("G", game.G)


def test_a_player_that_no_phase_moves_is_not_averaged() -> None:
    class Still(Toy):
        averaged = ("G", "judge")

    assert list(EMA(Still(), 0.9).players) == ["G"]


@pytest.mark.parametrize("decay", [1.0, -0.1, 2.0])
def test_a_decay_outside_zero_to_one_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\); got"):
        EMA(Toy(), decay)


def test_the_average_shares_no_memory_with_its_player_and_is_frozen() -> None:
    game = Toy()
    ema = EMA(game, 0.9)
    put(game.G, 5.0)
    assert ema.players["G"].weight[0].item() == 1
    assert not any(p.requires_grad for p in ema.parameters())


def test_counts_ride_in_the_state() -> None:
    game = Toy()
    ema, again = EMA(game, 0.9), EMA(game, 0.9)
    for _ in range(3):
        ema.update("G", game.G)
    again.load_state_dict(ema.state_dict())
    assert again.counts == [3]
    assert isinstance(ema.state_dict()["_extra_state"], torch.Tensor)


def test_playing_puts_the_averages_in_place_for_a_while() -> None:
    game = Toy().train()
    ema = EMA(game, 0.9)
    live = game.G
    put(live, 3.0)
    with ema.applied(game) as played:
        assert played is game
        assert game.G is ema.players["G"]
        assert not game.training
        assert not game.G.training
        assert not torch.is_grad_enabled()
    assert game.G is live
    assert live.training
    assert game.D.training
    assert torch.is_grad_enabled()


def test_playing_gives_the_players_back_after_an_error() -> None:
    game = Toy().train()
    live = game.G
    with pytest.raises(RuntimeError, match="mid-way"), EMA(game, 0.9).applied(game):
        raise RuntimeError("mid-way")
    assert game.G is live
    assert game.training

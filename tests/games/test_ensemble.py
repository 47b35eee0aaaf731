from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import HasDecoder, Samples
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data.source import Source
from gansmith.games.ensemble import Ensemble, SequentialEnsemble
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator

OBJECTIVE = OBJECTIVES["non-saturating"]


def members(count: int) -> list[tuple[MLPGenerator, nn.Module]]:
    torch.manual_seed(0)
    return [(MLPGenerator(Latent(3), 2, 8, 1), MLPCritic(2, 8, 1)) for _ in range(count)]


def trainer(game: Ensemble, steps: int = 6) -> Trainer:
    source = Source({"real": Rng(3).normal(64, 2)}, 8, 0)
    return Trainer(game, source, steps=steps, ema=0.9)


class At(nn.Module):
    """A generator of one place."""

    def __init__(self, place: float) -> None:
        super().__init__()
        self.latent = Latent(1)
        self.place = nn.Parameter(torch.tensor(place))

    def forward(self, z: Tensor) -> Tensor:
        return 0 * z + self.place


def at(count: int) -> list[tuple[At, nn.Module]]:
    return [(At(float(place)), MLPCritic(1, 4, 1)) for place in range(count)]


def test_every_member_is_a_game_of_two() -> None:
    game = Ensemble(members(3), objective=OBJECTIVE)
    assert [p.moves for p in game.phases()] == ["D1", "G1", "D2", "G2", "D3", "G3"]
    assert game.averaged == ("G1", "G2", "G3")
    x = game.draw(Batch(real=Rng(1).normal(6, 2)), Rng(2))
    for number, (d, g) in enumerate(zip(*[iter(game.phases())] * 2, strict=True), 1):
        G, D = game.get_submodule(f"G{number}"), game.get_submodule(f"D{number}")
        assert (d.name, g.name) == (f"D{number}", f"G{number}")
        assert d.loss(x) == {"adv": OBJECTIVE.d(D(x.real), D(G(x.z)))}
        assert g.loss(x) == {"adv": OBJECTIVE.g(None, D(G(x.z)))}


def test_members_begin_with_weights_of_their_own_and_never_meet() -> None:
    game = Ensemble(members(2), objective=OBJECTIVE)
    t = trainer(game)
    assert not any(a.equal(b) for a, b in zip(t.parameters["G1"], t.parameters["G2"], strict=True))
    alone = Ensemble(members(2)[:1], objective=OBJECTIVE)  # the same first member, by itself
    first = trainer(alone)
    pieces = [t.draw(phase) for phase in t.stage().phases]
    for of in (t, first):
        for phase, piece in zip(of.stage().phases, pieces, strict=False):
            of.move(phase, piece)
    together = torch.cat([p.flatten() for p in t.parameters["G1"]])
    assert together.equal(torch.cat([p.flatten() for p in first.parameters["G1"]]))


def test_every_move_has_a_batch_of_its_own() -> None:
    game = Ensemble(members(3), objective=OBJECTIVE)
    t = trainer(game)
    seen: list[Tensor] = []
    for number in (1, 2, 3):
        game.get_submodule(f"D{number}").register_forward_hook(
            lambda module, inputs, output: seen.append(inputs[0].detach())
        )
    t.train_step()
    real = seen[::3]  # D sees real and fake to judge, a fake to be fooled
    assert t.draws == 6
    assert len(real) == 3
    assert not any(a.equal(b) for a, b in pairwise(real))


def test_the_average_of_a_member_follows_its_own_moves_alone() -> None:
    game = Ensemble(members(3), objective=OBJECTIVE)
    t = trainer(game)
    t.fit(4)
    assert t.ema.counts == [4, 4, 4]


def test_the_member_of_a_sample_is_drawn_uniformly() -> None:
    game = Ensemble(at(4), objective=OBJECTIVE)
    x = game.sample(8000, Rng(1)).flatten()
    counts = x.round().long().bincount(minlength=4)
    assert (counts - 2000).abs().max() < 5 * (8000 * 0.25 * 0.75) ** 0.5
    assert x.equal(Rng(1).integers(4, 8000).float())  # each where it was drawn
    assert not x[:100].equal(game.sample(8000, Rng(2)).flatten()[:100])


def test_few_samples_of_many_members() -> None:
    game = Ensemble(at(9), objective=OBJECTIVE)
    assert game.sample(2, Rng(1)).shape == (2, 1)


def test_samples_come_from_the_codes_that_were_drawn() -> None:
    game = Ensemble(members(2), objective=OBJECTIVE)
    rng = Rng(4)
    who, z = rng.integers(2, 50), rng.normal(50, 3)
    expected = torch.where(who[:, None] == 0, *(game.get_submodule(g)(z) for g in ("G1", "G2")))
    torch.testing.assert_close(game.sample(50, Rng(4)), expected)
    assert isinstance(game, Samples)
    assert not isinstance(game, HasDecoder)
    assert list(game.exports()) == ["G1", "G2"]


def test_an_objective_that_needs_real_is_given_it() -> None:
    game = Ensemble(members(1), objective=OBJECTIVES["relativistic"])
    x = game.draw(Batch(real=Rng(1).normal(6, 2)), Rng(2))
    D, fake = game.get_submodule("D1"), game.get_submodule("G1")(x.z)
    assert game.phases()[1].loss(x)["adv"] == game.objective.g(D(x.real), D(fake))


def test_an_empty_ensemble_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one member"):
        Ensemble([], objective=OBJECTIVE)


def test_in_succession_one_member_moves_in_each_stage() -> None:
    game = SequentialEnsemble(members(3), objective=OBJECTIVE, steps=7)
    assert [stage.steps for stage in game.stages()] == [2, 2, None]
    t = trainer(game, 7)

    def weights() -> list[Tensor]:
        players = [(f"G{k}", f"D{k}") for k in (1, 2, 3)]
        return [torch.cat([p.flatten() for n in pair for p in t.parameters[n]]) for pair in players]

    for step in range(7):
        before = [w.clone() for w in weights()]
        t.train_step()
        moved = [not a.equal(b) for a, b in zip(before, weights(), strict=True)]
        assert moved == [step < 2, 2 <= step < 4, step >= 4]
    assert t.ema.counts == [2, 2, 3]


def test_in_succession_samples_are_of_those_that_have_begun() -> None:
    game = SequentialEnsemble(at(3), objective=OBJECTIVE, steps=6)
    source = Source({"real": Rng(3).normal(64, 1)}, 8, 0)
    t = Trainer(game, source, steps=6)

    def present() -> int:
        return len(game.sample(200, Rng(0)).round().unique())

    found = [present()]
    for _ in range(6):
        t.train_step()
        found.append(present())
    assert found == [1, 1, 1, 2, 2, 3, 3]
    other = SequentialEnsemble(at(3), objective=OBJECTIVE, steps=6)
    other.load_state_dict(game.state_dict())
    assert other.trained() == ("G1", "G2", "G3")  # it is saved


def test_more_members_than_steps_are_refused() -> None:
    with pytest.raises(
        ValueError, match="each of 3 members takes at least one step; the run has 2"
    ):
        SequentialEnsemble(members(3), objective=OBJECTIVE, steps=2)

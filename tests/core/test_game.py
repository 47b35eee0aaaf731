from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.game import Batch, Game, Losses, Phase, Stage
from gansmith.core.latent import Latent
from gansmith.games.gan import GAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.penalties import NearestGP

CPU = torch.device("cpu")
FLAT = torch.contiguous_format


class Toy(Game):
    """Phases as given, two players, and a module without parameters."""

    def __init__(self, *phases: Phase) -> None:
        super().__init__()
        self.G, self.D, self.judge = nn.Linear(1, 1), nn.Linear(1, 1), nn.Identity()
        self.turns = phases

    def phases(self) -> tuple[Phase, ...]:
        return self.turns


def loss(x: Batch) -> Losses:
    return dict(adv=torch.zeros(()))


def test_batch_fields_are_attributes_and_its_length_is_the_first_axis() -> None:
    x = Batch(name="toy", real=torch.zeros(6, 2), label=torch.arange(6))
    assert len(x) == 6
    assert x.label[5] == 5
    x.z = torch.ones(6)
    assert list(x.fields()) == ["name", "real", "label", "z"]
    assert len(Batch(name="empty")) == 0


def test_a_missing_field_is_named_with_those_that_are_there() -> None:
    x = Batch(real=torch.zeros(2), label=torch.zeros(2))
    with pytest.raises(AttributeError, match="no field 'z'; it has real, label. Is it attached in"):
        _ = x.z
    assert not hasattr(x, "z")


@pytest.mark.parametrize(("rows", "parts", "sizes"), [(6, 3, [2, 2, 2]), (7, 3, [3, 2, 2])])
def test_split_cuts_every_tensor_in_order_and_repeats_the_rest(
    rows: int, parts: int, sizes: list[int]
) -> None:
    x = Batch(real=torch.arange(rows), pair=torch.arange(2 * rows).view(rows, 2), mix=None, k=3)
    x.note(seen=torch.ones(()))
    pieces = x.split(parts)
    assert [len(piece) for piece in pieces] == sizes
    assert torch.cat([piece.real for piece in pieces]).equal(x.real)
    assert torch.cat([piece.pair for piece in pieces]).equal(x.pair)
    assert all(piece.mix is None and piece.k == 3 and piece.notes == {} for piece in pieces)


def test_to_makes_pictures_float_in_minus_one_to_one_and_short_tokens_long() -> None:
    x = Batch(
        real=torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1),
        short=torch.tensor([1, 2, 3], dtype=torch.int16),
        middle=torch.tensor([1, 2, 3], dtype=torch.int32),
        label=torch.tensor([1, 2, 3]),
        z=torch.ones(3, 2),
        exact=torch.ones(3, dtype=torch.float64),
        flag=torch.tensor([True, False, True]),
        rest="kept",
    ).to(CPU, FLAT)
    torch.testing.assert_close(x.real.flatten(), torch.tensor([-1.0, -0.6, 1.0]))
    assert x.real.dtype == torch.float32
    assert float(x.real.min()) == -1
    assert float(x.real.max()) == 1
    assert {x.short.dtype, x.middle.dtype, x.label.dtype} == {torch.int64}
    assert (x.z.dtype, x.exact.dtype, x.flag.dtype) == (torch.float32, torch.float64, torch.bool)
    assert x.rest == "kept"


def test_to_leaves_the_source_alone_and_lays_out_pictures_only() -> None:
    pictures = torch.zeros(2, 3, 4, 5, dtype=torch.uint8)
    noise = torch.zeros(2, 3, 4)
    x = Batch(real=pictures, noise=noise).to(CPU, torch.channels_last)
    assert x.real.is_contiguous(memory_format=torch.channels_last)
    assert not x.real.is_contiguous()
    assert x.noise is noise
    assert int(pictures.sum()) == 0
    assert pictures.dtype == torch.uint8


def test_cache_and_note_detach() -> None:
    x = Batch(real=torch.ones(2, requires_grad=True))
    x.cache(fake=x.real * 2)
    x.note(reward=(x.real * 3).mean())
    assert not x.fake.requires_grad
    assert x.fake.equal(torch.tensor([2.0, 2.0]))
    assert not x.notes["reward"].requires_grad
    assert "reward" not in x.fields()


def test_a_phase_is_named_after_its_movers_unless_it_has_a_name() -> None:
    assert Phase("D", loss).name == "D"
    assert Phase("Gab Gba", loss, name="G").name == "G"
    assert Phase("Gab Gba", loss).movers == ["Gab", "Gba"]
    with pytest.raises(ValueError, match="moves at least one player; got moves=' '"):
        Phase(" ", loss)


def test_phases_of_one_stage_have_different_names() -> None:
    phases = Phase("D", loss), Phase("D", loss, every=4), Phase("G", loss)
    with pytest.raises(ValueError, match=r"two phases of one stage of Toy are called 'D'.*'D_reg'"):
        Toy(*phases).players()
    Toy(phases[0], Phase("D", loss, name="D_reg", every=4), phases[2]).players()

    class Staged(Toy):
        def stages(self) -> tuple[Stage, ...]:
            return Stage(2, (Phase("G", loss),)), Stage(None, phases[::2])

    assert list(Staged().players()) == ["G", "D"]  # the same name in two stages is fine


def test_players_are_those_that_move_in_the_order_of_play() -> None:
    assert list(Toy(Phase("D", loss), Phase("G", loss)).players()) == ["D", "G"]
    assert list(Toy(Phase("G", loss), Phase("D", loss)).players()) == ["G", "D"]


def test_a_phase_that_moves_a_stranger_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        ValueError, match="'G juge' of Toy moves an unknown player 'juge'; did you mean 'judge'?"
    ):
        Toy(Phase("G juge", loss)).players()


def test_a_player_that_no_phase_moves_is_refused_unless_it_is_frozen() -> None:
    game = Toy(Phase("G", loss))
    with pytest.raises(
        ValueError, match=r"no phase of Toy moves 'D'.*self.D.requires_grad_\(False\)"
    ):
        game.players()
    game.D.requires_grad_(False)
    assert list(game.players()) == ["G"]
    game.G = nn.Sequential(trunk := nn.Linear(1, 1), nn.Linear(1, 1))
    game.trunk = trunk  # a part of a player may have a name of its own
    game.players()
    game.scale = nn.Parameter(torch.ones(()))
    with pytest.raises(ValueError, match="no phase of Toy moves 'scale'"):
        game.players()


def test_players_that_share_a_parameter_cannot_move_together() -> None:
    game = Toy(Phase("G D", loss))
    game.players()
    for shared in (game.G, nn.Sequential(game.G)):
        game.D = shared
        with pytest.raises(ValueError, match="'G D' of Toy moves 'G D', which share a parameter"):
            game.players()


def test_a_first_phase_cannot_reuse_a_batch() -> None:
    with pytest.raises(ValueError, match="'G' of Toy reuses a batch, but no phase of its stage"):
        Toy(Phase("G", loss, reuse=True), Phase("D", loss)).players()
    Toy(Phase("G", loss), Phase("D", loss, reuse=True)).players()


def test_later_stages_are_checked_too() -> None:
    class Staged(Toy):
        def stages(self) -> tuple[Stage, ...]:
            return Stage(2, (Phase("G", loss),)), Stage(None, (Phase("X", loss),))

    with pytest.raises(ValueError, match="moves an unknown player 'X'"):
        Staged().players()


def test_a_game_without_phases_says_so() -> None:
    class Mute(Game):
        pass

    with pytest.raises(NotImplementedError, match="Mute defines no phases"):
        Mute().players()


def test_by_default_there_is_one_endless_stage_and_nothing_is_drawn() -> None:
    game = Toy(Phase("G", loss))
    assert game.stages() == (Stage(None, game.phases()),)
    x = Batch(real=torch.zeros(1))
    assert game.draw(x, rng=None) is x  # type: ignore[arg-type]


class Crowd(nn.Module):
    batch_coupled = True

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean()


def pair(*extra: nn.Module) -> tuple[nn.Module, nn.Module]:
    G = MLPGenerator(Latent(2), 2, 4, 1)
    G.layers.extend(extra)
    return G, MLPCritic(2, 4, 1)


@pytest.mark.parametrize(
    ("extra", "coupled"), [((), False), ((nn.BatchNorm1d(2),), True), ((Crowd(),), True)]
)
def test_batch_coupling_is_found_in_players(extra: tuple[nn.Module, ...], coupled: bool) -> None:
    G, D = pair(*extra)
    assert GAN(G, D, objective=OBJECTIVES["hinge"]).batch_coupled is coupled  # type: ignore[arg-type]


def test_batch_coupling_is_found_in_objective_and_penalty() -> None:
    coupled = [name for name, objective in OBJECTIVES.items() if objective.batch_coupled]
    assert coupled
    for name, objective in OBJECTIVES.items():
        G, D = pair()
        game = GAN(G, D, objective=objective)  # type: ignore[arg-type]
        assert game.batch_coupled is (name in coupled)
    G, D = pair()
    game = GAN(G, D, objective=OBJECTIVES["hinge"], penalty=NearestGP())  # type: ignore[arg-type]
    assert game.batch_coupled

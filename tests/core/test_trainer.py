from __future__ import annotations

import math
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.constraints import Constraint
from gansmith.core.game import Batch, Game, Losses, Phase, Stage
from gansmith.core.recipe import adam, linear_decay, sgd
from gansmith.core.rng import Rng
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.runs import checkpoint


class Numbers:
    """Batch n holds 8n .. 8n + 7, scaled."""

    def __init__(self, rows: int = 8) -> None:
        self.rows = rows

    def at(self, n: int) -> dict[str, Any]:
        return {"real": torch.arange(n * self.rows, (n + 1) * self.rows).float()[:, None] / 100}


class Toy(Game):
    """G and D are lines; every loss notes what it saw. Phases as given, by default D, then G."""

    def __init__(self, *phases: tuple[str, str, dict[str, Any]]) -> None:
        super().__init__()
        self.G, self.D = nn.Linear(1, 1), nn.Linear(1, 1)
        self.turns = phases or (("D", "d_loss", {}), ("G", "g_loss", {}))
        movers = " ".join(moves for moves, _, _ in self.turns)
        for name, player in self.named_children():
            player.requires_grad_(name in movers)
        self.seen: list[tuple[str, Tensor, Tensor]] = []
        self.notes: list[tuple[str, dict[str, float]]] = []
        with torch.no_grad():
            for player in (self.G, self.D):
                player.weight.fill_(1)
                player.bias.fill_(0)

    def phases(self) -> tuple[Phase, ...]:
        return tuple(Phase(moves, getattr(self, loss), **rest) for moves, loss, rest in self.turns)

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x.z = rng.normal(len(x), 1)
        return x

    def d_loss(self, x: Batch) -> Losses:
        self.seen.append(("D", x.real, x.z))
        fake = self.G(x.z)
        x.cache(fake=fake)
        return dict(adv=(self.D(x.real) - 1).square().mean(), fake=self.D(fake).square().mean())

    def g_loss(self, x: Batch) -> Losses:
        self.seen.append(("G", x.real, x.z))
        x.note(mean=self.G(x.z).mean())
        return dict(adv=(self.D(self.G(x.z)) - 1).square().mean())

    def d_again(self, x: Batch) -> Losses:
        self.seen.append(("D_again", x.real, x.z))
        return dict(kept=self.D(x.fake).square().mean())

    def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
        self.notes.append((phase.name, notes))


def make(game: Game, rows: int = 8, **options: Any) -> Trainer:
    optim = dict.fromkeys(game.players(), sgd(0.1))
    return Trainer(game, Numbers(rows), **(dict(optim=optim) | options))


@pytest.mark.parametrize("source", [torch.zeros(8, 1), [torch.zeros(8, 1)], {"real": 0}, None])
def test_what_is_no_source_is_refused_at_once_with_how_to_make_one(source: Any) -> None:
    with pytest.raises(TypeError, match=rf"at\(n\).*got {type(source).__name__}.*from_loader"):
        Trainer(Toy(), source)


def copy(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(a[name].equal(b[name]) for name in a)


def test_only_movers_get_gradients_and_move() -> None:
    game = Toy()
    t = make(game)
    pieces = t.draw(game.phases()[0])
    before = copy(game.G), copy(game.D)
    t.move(game.phases()[0], pieces)
    assert all(p.grad is None for p in game.G.parameters())
    assert all(p.grad is not None for p in game.D.parameters())
    assert same(copy(game.G), before[0])
    assert not same(copy(game.D), before[1])
    assert not any(p.requires_grad for p in game.parameters())


def test_a_move_is_the_optimisers_step_on_the_sum_of_the_terms() -> None:
    game = Toy(("D", "d_loss", {}))
    t = make(game)
    (x,) = t.draw(game.phases()[0])
    slope = 2 * ((x.real - 1) * x.real).mean() + 2 * x.z.square().mean()
    terms = t.move(game.phases()[0], [x])
    torch.testing.assert_close(game.D.weight.detach(), (1 - 0.1 * slope).view(1, 1))
    assert list(terms) == ["D/adv", "D/fake"]
    torch.testing.assert_close(terms["D/adv"], (x.real - 1).square().mean())
    assert not terms["D/adv"].requires_grad


def test_gain_scales_the_gradient_and_not_what_is_logged() -> None:
    ends = []
    for gain in (1.0, 4.0):
        game = Toy(("G", "g_loss", dict(gain=gain)))
        t = make(game)
        terms = t.train_step()
        ends.append((1 - game.G.weight.item(), terms["G/adv"].item()))
    assert ends[1][0] == pytest.approx(4 * ends[0][0], rel=1e-5)
    assert ends[0][0] != 0
    assert ends[0][1] == ends[1][1]


def test_repeat_moves_often_each_time_on_a_fresh_batch() -> None:
    game = Toy(("D", "d_loss", dict(repeat=3)), ("G", "g_loss", {}))
    t = make(game)
    t.train_step()
    t.train_step()
    assert [name for name, _, _ in game.seen] == [*["D"] * 3, "G"] * 2
    firsts = [round(100 * real[0].item()) for _, real, _ in game.seen]
    assert firsts == [8 * n for n in range(8)]
    assert t.draws == 8
    assert len({z[0].item() for _, _, z in game.seen}) == 8


def test_every_leaves_steps_out() -> None:
    game = Toy(("D", "d_loss", {}), ("G", "g_loss", dict(every=3)))
    t = make(game)
    t.fit(7)
    assert [name for name, _, _ in game.seen].count("D") == 7
    assert [name for name, _, _ in game.seen].count("G") == 3
    assert t.draws == 10


def test_reuse_takes_the_batch_before_with_what_it_kept() -> None:
    game = Toy(("D", "d_loss", {}), ("D", "d_again", dict(name="D_again", reuse=True)))
    t = make(game)
    t.train_step()
    (_, real, z), (_, same_real, same_z) = game.seen
    assert real.equal(same_real)
    assert z.equal(same_z)
    assert t.draws == 1


def test_a_phase_may_draw_for_itself() -> None:
    def ones(x: Batch, rng: Rng) -> Batch:
        x.z = torch.ones(len(x), 1)
        return x

    game = Toy(("D", "d_loss", dict(draw=ones)), ("G", "g_loss", {}))
    make(game).train_step()
    assert game.seen[0][2].equal(torch.ones(8, 1))
    assert not game.seen[1][2].equal(torch.ones(8, 1))


def test_what_is_random_depends_on_seed_and_draw_alone() -> None:
    game = Toy()
    t = make(game, seed=5)
    t.train_step()
    assert game.seen[1][2].equal(Rng(5, 1).normal(8, 1))


class Staged(Toy):
    def stages(self) -> tuple[Stage, ...]:
        d, g = self.phases()
        return Stage(2, (d,)), Stage(3, (g,)), Stage(None, (d, g))


def test_stages_follow_each_other_at_their_borders() -> None:
    game = Staged()
    t = make(game)
    lengths = []
    while t.step < 7:
        lengths.append(t.stage().steps)
        t.train_step()
    assert lengths == [2, 2, 3, 3, 3, None, None]
    names = [name for name, _, _ in game.seen]
    assert names == ["D"] * 2 + ["G"] * 3 + ["D", "G"] * 2


def test_the_last_stage_goes_on_when_it_has_a_length() -> None:
    class Short(Toy):
        def stages(self) -> tuple[Stage, ...]:
            return (Stage(1, self.phases()[:1]), Stage(1, self.phases()[1:]))

    game = Short()
    make(game).fit(4)
    assert [name for name, _, _ in game.seen] == ["D", "G", "G", "G"]


def test_micro_batches_add_up_to_the_batch_in_its_order() -> None:
    one, four = Toy(), Toy()
    a, b = make(one), make(four, micro=4)
    for _ in range(5):
        left, right = a.train_step(), b.train_step()
        torch.testing.assert_close(left, right, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(copy(one), copy(four), rtol=1e-5, atol=1e-6)
    assert len(four.seen) == 4 * len(one.seen)
    assert torch.cat([real for _, real, _ in four.seen[:4]]).equal(one.seen[0][1])
    assert torch.cat([z for _, _, z in four.seen[:4]]).equal(one.seen[0][2])


def test_a_batch_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="batch of 8 does not divide into 3 micro-batches on 1"):
        make(Toy(), micro=3).train_step()
    with pytest.raises(ValueError, match="at least one micro-batch; got micro=0"):
        make(Toy(), micro=0)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="one of float32, bfloat16; got 'float16'"):
        make(Toy(), precision="float16")


def test_after_hears_the_mean_of_the_notes_over_the_pieces() -> None:
    game = Toy()
    t = make(game, micro=2)
    t.train_step()
    z = torch.cat([z for name, _, z in game.seen if name == "G"])
    assert game.notes[0] == ("D", {})
    name, notes = game.notes[1]
    assert name == "G"
    assert notes["mean"] == pytest.approx(z.mean().item(), rel=1e-5)


def test_a_phase_that_reuses_a_batch_does_not_hear_the_notes_of_the_one_before() -> None:
    game = Toy(("G", "g_loss", {}), ("D", "d_loss", dict(reuse=True)))
    make(game).train_step()
    heard = [(name, list(notes)) for name, notes in game.notes]
    assert heard == [("G", ["mean"]), ("D", [])]


@pytest.mark.parametrize("micro", [1, 4])
def test_notes_are_logged_beside_the_terms_and_never_followed(micro: int) -> None:
    class Quiet(Toy):
        def g_loss(self, x: Batch) -> Losses:
            terms = super().g_loss(x)
            x.notes = {}
            return terms

    game, quiet = Toy(), Quiet()
    t, without = make(game, micro=micro), make(quiet, micro=micro)
    terms = t.train_step()
    assert list(terms) == ["D/adv", "D/fake", "G/adv", "G/mean"]
    assert t.global_means(terms)["G/mean"] == pytest.approx(game.notes[1][1]["mean"], abs=1e-12)
    assert t.global_means(terms)["G/mean"] != 0
    assert "G/mean" not in without.train_step()
    assert same(copy(game), copy(quiet))


def test_the_notes_of_a_phase_are_not_logged_again_by_the_next_on_its_batch() -> None:
    game = Toy(("G", "g_loss", {}), ("D", "d_loss", dict(reuse=True)))
    assert list(make(game).train_step()) == ["G/adv", "G/mean", "D/adv", "D/fake"]


def test_notes_of_half_precision_are_kept_in_full() -> None:
    x = Batch(real=torch.ones(2))
    x.note(half=torch.tensor(0.5, dtype=torch.bfloat16), double=torch.tensor(0.1).double())
    assert {name: v.dtype for name, v in x.notes.items()} == {
        "half": torch.float32,
        "double": torch.float64,
    }
    terms = make(Toy(), precision="bfloat16").train_step()
    assert terms["G/mean"].dtype == torch.float32


@pytest.mark.parametrize("micro", [1, 2])
def test_a_buffer_is_noted_as_the_loss_saw_it(micro: int) -> None:
    class Counting(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.count: Tensor
            self.register_buffer("count", torch.tensor(0.0))

        def d_loss(self, x: Batch) -> Losses:
            x.note(count=self.count)
            return super().d_loss(x)

        def after_phase(self, phase: Phase, notes: dict[str, float]) -> None:
            self.count += phase.name == "D"

    t = make(Counting(), micro=micro)
    assert [t.train_step()["D/count"].item() for _ in range(3)] == [0, 1, 2]


def test_a_note_with_the_name_of_a_term_is_refused() -> None:
    class Twice(Toy):
        def g_loss(self, x: Batch) -> Losses:
            x.note(adv=x.z.mean())
            return super().g_loss(x)

    with pytest.raises(ValueError, match="phase 'G' has a term and a note of the same name, adv"):
        make(Twice()).train_step()


def test_clip_bounds_the_gradient_of_each_player_and_leaves_small_ones() -> None:
    def moved(clip: float | None) -> float:
        game = Toy(("D", "d_loss", {}))
        before = torch.cat([p.detach().clone().flatten() for p in game.D.parameters()])
        make(game, clip=clip).train_step()
        after = torch.cat([p.detach().flatten() for p in game.D.parameters()])
        return float((after - before).norm())

    free = moved(None)
    assert free > 0.02
    assert moved(0.01) == pytest.approx(0.1 * 0.01, rel=1e-3)
    assert moved(1000.0) == free


def test_a_schedule_multiplies_every_rate() -> None:
    game = Toy()
    optim = {"G": sgd(0.1), "D": adam(0.01)}
    t = make(game, optim=optim, steps=10, schedule=linear_decay(0.5))
    rates = []
    for _ in range(10):
        t.train_step()
        rates.append([t.optim[name].param_groups[0]["lr"] for name in ("G", "D")])
    factors = [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]
    assert [rate for rate, _ in rates] == pytest.approx([0.1 * f for f in factors])
    assert [rate for _, rate in rates] == pytest.approx([0.01 * f for f in factors])


def test_a_phase_has_a_rate_of_its_own_beside_the_schedule() -> None:
    game = Toy(
        ("D", "d_loss", {}),
        ("D", "d_loss", dict(name="D_slow", lr_factor=0.1)),
        ("G", "g_loss", dict(lr_factor=0.5)),
    )
    t = make(game, steps=10, schedule=linear_decay(0.5))
    t.step = 6  # the schedule stands at 0.8
    d, g = game.D.weight.detach().clone(), game.G.weight.detach().clone()
    t.train_step()
    assert t.optim["D"].param_groups[0]["lr"] == pytest.approx(0.1 * 0.8 * 0.1)
    assert t.optim["G"].param_groups[0]["lr"] == pytest.approx(0.1 * 0.8 * 0.5)
    assert not torch.equal(d, game.D.weight)
    assert game.G.weight.grad is not None
    moved = g - 0.1 * 0.8 * 0.5 * game.G.weight.grad
    torch.testing.assert_close(game.G.weight.detach(), moved)


def test_a_schedule_is_measured_against_the_length_asked_for_last() -> None:
    t = make(Toy(), steps=10, schedule=linear_decay(0.0))
    t.fit(5)
    assert t.steps == 5
    assert t.optim["G"].param_groups[0]["lr"] == pytest.approx(0.1 * (1 - 4 / 5))


class Half(Toy):
    def g_loss(self, x: Batch) -> Losses:
        self.kind = self.G(x.z).dtype
        return super().g_loss(x)


@pytest.mark.parametrize(
    ("precision", "kind"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)]
)
def test_precision_is_that_of_autocast_around_the_loss(precision: str, kind: torch.dtype) -> None:
    game = Half()
    t = make(game, precision=precision)
    t.train_step()
    assert game.kind == kind
    assert {p.dtype for p in game.parameters()} == {torch.float32}
    assert not torch.is_autocast_enabled("cpu")


def test_watchers_see_every_step_and_all_of_them_before_one_stops() -> None:
    seen: list[tuple[str, int]] = []

    def stop(t: Trainer, terms: dict[str, Tensor]) -> bool:
        seen.append(("stop", t.step))
        return t.step == 3

    def look(t: Trainer, terms: dict[str, Tensor]) -> bool:
        seen.append(("look", len(terms)))
        return False

    t = make(Toy(), steps=10)
    t.fit(callbacks=[stop, look])
    assert t.step == 3
    assert seen == [(who, n) for step in (1, 2, 3) for who, n in (("stop", step), ("look", 4))]


class Broken(Toy):
    """A NaN in one term of one phase from a given draw on."""

    value = math.nan

    def draw(self, x: Batch, rng: Rng) -> Batch:
        x = super().draw(x, rng)
        x.bad = torch.full((len(x),), self.value if x.real[0] >= 0.24 else 0.0)
        return x

    def d_loss(self, x: Batch) -> Losses:
        return super().d_loss(x) | dict(extra=x.bad.mean())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_bad_loss_is_named_by_step_phase_and_term(value: float) -> None:
    game = Broken()
    game.value = value
    t = make(game)
    t.train_step()  # draws 0 and 1
    with pytest.raises(NonFiniteError, match=rf"step 2, phase 'D': the term .extra. is {value}"):
        t.fit(9)  # draws 2 and 3 in step 1, of which 3 is G's; 4 in step 2 is bad
    assert t.step == 2


def test_a_nan_in_the_data_is_named() -> None:
    class Poisoned(Numbers):
        def at(self, n: int) -> dict[str, Any]:
            fields = super().at(n)
            fields["real"][3] = math.nan if n == 2 else 0
            return fields

    t = Trainer(Toy(), Poisoned(), steps=5)
    t.train_step()
    before = copy(t.game)
    with pytest.raises(NonFiniteError, match="step 1, phase 'D': the term 'adv' is nan"):
        t.fit()
    assert same(before, copy(t.game))  # nobody moved on it


def test_a_nan_in_a_parameter_is_never_saved() -> None:
    game = Toy()
    t = make(game)
    t.train_step()
    t.state()
    with torch.no_grad():
        game.G.weight.fill_(math.nan)
    with pytest.raises(NonFiniteError, match=r"'game\.G\.weight' is not finite; it is not saved"):
        t.state()


class Drawn(Toy):
    """A phase that names both players and, in the first steps, touches one of them."""

    def d_loss(self, x: Batch) -> Losses:
        terms = dict(adv=(self.D(x.real) - 1).square().mean())
        return terms if x.real[0] < 0.2 else terms | dict(g=self.G(x.z).square().mean())


def test_movers_that_the_loss_leaves_alone_are_skipped() -> None:
    game = Drawn(("D G", "d_loss", {}))
    t = make(game, optim=dict.fromkeys(("G", "D"), adam(0.1, 0.9)), ema=0.9)
    before = copy(game.G)
    t.fit(3)  # draws 0, 1, 2
    assert same(copy(game.G), before)
    assert not t.optim["G"].state
    assert t.ema.counts == [0]
    t.fit(4)
    assert not same(copy(game.G), before)
    assert float(t.optim["G"].state[game.G.weight]["step"]) == 1
    assert float(t.optim["D"].state[game.D.weight]["step"]) == 4
    moved = copy(game.G)
    t.source = Numbers(0)
    game.d_loss = lambda x: dict(adv=game.D(torch.ones(1, 1)).mean())  # type: ignore[method-assign]
    pieces = [Batch(real=torch.ones(2, 1))]
    t.move(Phase("D G", game.d_loss), pieces)  # Adam's momentum must not move G on
    assert same(copy(game.G), moved)


class Counter(Constraint):
    def __init__(self) -> None:
        super().__init__()
        self.moves = 0

    def after_move(self) -> None:
        self.moves += 1


def test_constraints_act_once_for_each_move_of_their_player() -> None:
    game = Toy(("D", "d_loss", dict(repeat=2)), ("G", "g_loss", {}))
    game.D.limit, game.G.limit = Counter(), Counter()
    t = make(game, micro=4)
    t.fit(3)
    assert (game.D.limit.moves, game.G.limit.moves) == (6, 3)


def test_averages_follow_their_players_moves() -> None:
    game = Toy(("D", "d_loss", {}), ("G", "g_loss", dict(repeat=2)))
    t = make(game, ema=0.9)
    t.fit(3)
    assert t.ema.counts == [6]
    assert not same(copy(t.ema.players["G"]), copy(game.G))


def test_the_length_is_kept_and_a_run_goes_on_where_it_is() -> None:
    t = make(Toy(), steps=4)
    t.fit()
    assert t.step == 4
    t.fit()
    assert t.step == 4
    t.fit(6)
    assert t.step == 6


def test_a_phase_that_moves_a_stranger_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="moves an unknown player 'X'. There are: G, D"):
        make(Toy(("X", "d_loss", {})))


@pytest.mark.parametrize(
    ("players", "said"),
    [
        (("G", "d"), "an optimizer is given for the unknown player 'd'; did you mean 'D'?"),
        (("G", "D", "E"), "an optimizer is given for the unknown player 'E'. There are: D, G"),
        (("G",), "the player 'D' has no optimizer"),
    ],
)
def test_optimizers_are_those_of_the_players(players: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        make(Toy(), optim=dict.fromkeys(players, sgd(0.1)))


def test_without_optimizers_every_player_has_adam() -> None:
    lrs = {name: o.defaults["lr"] for name, o in Trainer(Toy(), Numbers()).optim.items()}
    assert lrs == {"D": 2e-4, "G": 2e-4}


def test_a_frozen_part_of_a_player_stays_as_it_is() -> None:
    game = Toy()
    game.D = nn.Sequential(nn.Linear(1, 1).requires_grad_(False), nn.Linear(1, 1))
    trunk, before = copy(game.D[0]), copy(game.D[1])
    make(game).train_step()
    torch.testing.assert_close(copy(game.D[0]), trunk, rtol=0, atol=0)
    assert not game.D[1].weight.equal(before["weight"])


def test_a_game_that_an_earlier_trainer_froze_is_not_trained_in_silence() -> None:
    game = Toy()
    make(game)
    with pytest.raises(ValueError, match=r"no parameter of the player 'D'.*requires_grad_\(True\)"):
        make(game)
    make(game.requires_grad_(True)).train_step()


def test_a_state_of_another_game_is_refused() -> None:
    class Other(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.G = nn.Linear(2, 1)

    with pytest.raises(ValueError, match="belongs to another game"):
        make(Other()).load(*make(Toy()).state())


def test_the_log_holds_plain_numbers() -> None:
    t = make(Toy())
    terms = t.train_step()
    assert t.global_means(terms) == {name: value.item() for name, value in terms.items()}


class Pictures:
    def at(self, n: int) -> dict[str, Any]:
        return {"real": Rng(9, n).integers(256, 4, 3, 8, 8).to(torch.uint8)}


class Painter(Game):
    """Convolutions whose kernels have a layout of their own, and a tied one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.G = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1)
        )
        self.D = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)
        )
        self.D[3].weight = self.D[2].weight

    def phases(self) -> tuple[Phase, ...]:
        return Phase("D", self.d_loss), Phase("G", self.g_loss)

    def d_loss(self, x: Batch) -> Losses:
        self.layout = x.real.stride(), self.D[2].weight.stride()
        return dict(adv=(self.D(self.G(x.real)) - self.D(x.real)).mean())

    def g_loss(self, x: Batch) -> Losses:
        return dict(adv=-self.D(self.G(x.real)).mean())


def painter(channels_last: bool) -> Trainer:
    optim = dict.fromkeys(("G", "D"), adam(0.01, 0.5))
    return Trainer(
        Painter(), Pictures(), optim=optim, ema=0.9, channels_last=channels_last, steps=8
    )


@pytest.mark.parametrize("channels_last", [False, True])
def test_fused_adam_resumes_exactly_in_either_layout(channels_last: bool, tmp_path: Any) -> None:
    t = painter(channels_last)
    t.fit(3)
    strides = t.game.layout
    assert all((stride[1] == 1) == channels_last for stride in strides)
    checkpoint.write(tmp_path / "x", *t.state())
    t.fit(8)
    again = painter(channels_last)
    again.load(*checkpoint.read(tmp_path / "x"))
    assert (again.step, again.draws) == (3, 6)
    again.fit(8)
    a, b = t.state(), again.state()
    assert same(a[0], b[0])
    assert a[1] == b[1]
    assert again.game.layout == strides
    assert again.game.D[2].weight is again.game.D[3].weight


def test_tied_tensors_are_saved_once(tmp_path: Any) -> None:
    t = painter(False)
    t.fit(1)
    tensors, numbers = t.state()
    assert tensors["game.D.2.weight"].data_ptr() == tensors["game.D.3.weight"].data_ptr()
    checkpoint.write(tmp_path / "x", tensors, numbers)
    from safetensors import safe_open

    with safe_open(tmp_path / "x", "pt") as file:
        names = set(file.keys())
    assert len({"game.D.2.weight", "game.D.3.weight"} & names) == 1
    assert names < set(tensors)


def test_compile_is_in_place_and_keeps_names(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    monkeypatch.setattr(nn.Linear, "compile", lambda self: compiled.append(self))
    game = Toy()
    names = list(game.state_dict())
    make(game, compile=True)
    assert compiled == [game.D, game.G]
    assert list(game.state_dict()) == names
    compiled.clear()
    make(Toy())
    assert not compiled


def test_the_game_is_in_training_mode_and_frozen_from_the_start() -> None:
    game = Toy().eval()
    make(game)
    assert game.training
    assert not any(p.requires_grad for p in game.parameters())

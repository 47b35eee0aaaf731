"""What holds of every preset while it is played. The cases and their sizes are in small.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from small import BATCH, CASES, SMALL, differing, tensors, trainer
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gansmith.core.game import Batch, Phase, Stage
from gansmith.core.trainer import Trainer
from gansmith.presets import PRESETS
from gansmith.runs import checkpoint

every_case = pytest.mark.parametrize("name", CASES)


def turns(t: Trainer) -> Iterator[tuple[Stage, Phase, list[Batch]]]:
    """Every phase of every stage with its batch, each at the place in the run where it plays."""
    for stage in t.stages:
        pieces: list[Batch] = []
        for phase in stage.phases:
            if not phase.reuse:
                pieces = t.draw(phase)
            yield stage, phase, pieces
        t.step += stage.steps or 1


def lacks(name: str, what: str) -> bool:
    """Whether a case says that it does without something that the others have."""
    return what in CASES[name][1].lacks


def borders(t: Trainer) -> list[int]:
    """The steps at which a stage begins or ends, and one in the midst of each stage."""
    edges, begun = [0], 0
    for stage in t.stages:
        length = t.steps - begun if stage.steps is None else stage.steps
        edges += [begun + length // 2, begun + length]
        begun += length
    return sorted(set(edges))


def test_every_preset_has_a_small_case() -> None:
    missing = sorted(set(PRESETS) - set(SMALL))
    assert not missing, (
        f"no toy size for {', '.join(missing)}: add an entry to SMALL in "
        "tests/conformance/small.py and to PROBLEMS in tests/conformance/problems.py"
    )
    assert not sorted(set(SMALL) - set(PRESETS))


@every_case
def test_every_stage_is_visited(name: str) -> None:
    t = trainer(name)
    assert len(borders(t)) >= 2 * len(t.stages)
    assert sum(stage.steps or 0 for stage in t.stages) < t.steps
    for stage in t.stages[:-1]:
        assert stage.steps


@every_case
def test_every_player_is_moved_by_some_phase(name: str) -> None:
    t = trainer(name)
    holders = {n for n, part in t.game.named_children() if list(part.parameters())}
    assert set(t.players) == holders
    owned = {id(p) for parameters in t.parameters.values() for p in parameters}
    assert owned == {id(p) for p in t.game.parameters()}
    before = tensors(t)
    t.fit()
    after = tensors(t)
    moved = [key for key in before if not before[key].equal(after[key])]
    for player in t.players:
        assert any(key.startswith(f"game.{player}.") for key in moved), player


@every_case
def test_terms_are_finite_scalar_float32(name: str) -> None:
    t = trainer(name)
    count = 0
    for _, phase, pieces in turns(t):
        assert [len(x) for x in pieces] == [BATCH]
        for mover in phase.movers:
            t.players[mover].requires_grad_(True)
        for term, value in phase.loss(pieces[0]).items():
            assert value.dtype == torch.float32, (phase.name, term)
            assert value.shape == (), (phase.name, term)
            assert value.isfinite(), (phase.name, term)
            assert "/" not in term
            count += 1
        for mover in phase.movers:
            t.players[mover].requires_grad_(False)
    assert count >= len({p.name for s in t.stages for p in s.phases})


class NoFloat64(TorchDispatchMode):
    """Raises where a tensor of float64 is made, as Apple's GPUs do."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        made = [x for x in tree_leaves(out) if isinstance(x, Tensor) and x.dtype == torch.float64]
        assert not made, f"{func} makes float64"
        return out


@every_case
def test_only_the_movers_change_and_no_move_needs_float64(name: str) -> None:
    t = trainer(name)
    for _, phase, pieces in turns(t):
        before = {k: v.detach().clone() for k, v in t.game.state_dict().items()}
        with NoFloat64():
            t.move(phase, pieces)
        after = t.game.state_dict()
        parameters = {k for k, _ in t.game.named_parameters()}
        for player in t.players:
            keys = {k for k in before if k.startswith(f"{player}.")}
            if t.game.batch_coupled:  # norm statistics of the frozen move too
                keys &= parameters
            changed = {k for k in keys if not before[k].equal(after[k])}
            if player in phase.movers:
                assert changed & parameters, f"{phase.name} does not move {player}"
            else:
                assert not changed, f"{phase.name} moves {player}: {changed}"
        assert not any(p.requires_grad for p in t.game.parameters())


@every_case
def test_the_same_seed_gives_the_same_run_and_another_seed_another(name: str) -> None:
    first, second, other = (trainer(name, seed) for seed in (0, 0, 1))
    for t in (first, second, other):
        t.fit()
    a, b, c = tensors(first), tensors(second), tensors(other)
    assert first.step == CASES[name][1].steps
    assert not differing(a, b)
    assert any(key.startswith("game.") for key in differing(a, c))


@every_case
def test_the_seed_of_play_alone_changes_the_run(name: str) -> None:
    first, other = trainer(name), trainer(name)
    other.seed = 1
    for t in (first, other):
        t.fit()
    moved = any(key.startswith("game.") for key in differing(tensors(first), tensors(other)))
    assert moved is not lacks(name, "noise")


@every_case
def test_resume_is_exact_at_every_border_and_between(name: str, tmp_path: Path) -> None:
    whole = trainer(name)
    stops = borders(whole)[:-1]
    for stop in [*stops, whole.steps]:
        whole.fit(stop)
        checkpoint.write(tmp_path / f"{stop}{checkpoint.SUFFIX}", *whole.state())
    end = tensors(whole)
    assert any(key.startswith("optim.") for key in end) is not lacks(name, "moments")
    assert len(stops) >= 2
    for stop in stops:
        resumed = trainer(name)
        torch.manual_seed(stop)
        for value in resumed.game.state_dict().values():  # nothing may be left of the start
            value.copy_(torch.randint_like(value, 9))
        resumed.load(*checkpoint.read(tmp_path / f"{stop}{checkpoint.SUFFIX}"))
        assert resumed.step == stop
        resumed.fit(whole.steps)
        assert not differing(end, tensors(resumed)), stop


@every_case
def test_resume_keeps_the_layout_of_parameters_and_moments(name: str) -> None:
    t = trainer(name)
    t.fit()
    again = trainer(name)
    again.load(*t.state())
    for player, parameters in again.parameters.items():
        for mine, theirs in zip(parameters, t.parameters[player], strict=True):
            assert mine.stride() == theirs.stride()
            for key, value in again.optim[player].state[mine].items():
                assert value.stride() == t.optim[player].state[theirs][key].stride(), key


@every_case
def test_four_micro_batches_are_one_unless_examples_are_coupled(name: str) -> None:
    one, four = (trainer(name, double=True, micro=micro) for micro in (1, 4))
    for t in (one, four):
        t.fit()
    a, b = tensors(one), tensors(four)
    floats = [key for key, value in a.items() if value.dtype == torch.float64]
    assert any(key.startswith("optim.") for key in floats) is not lacks(name, "moments")
    if one.game.batch_coupled:
        # Each micro-batch of two is normalised by statistics of its own: another game.
        assert max(float((a[key] - b[key]).abs().max()) for key in floats) > 1e-8
    else:
        for key in a:
            torch.testing.assert_close(b[key], a[key], rtol=1e-10, atol=1e-10)


def test_both_kinds_of_preset_are_among_the_cases() -> None:
    coupled = {name for name in CASES if trainer(name).game.batch_coupled}
    assert coupled
    assert {name.split("-text")[0] for name in set(CASES) - coupled}
    for preset, cases in SMALL.items():
        if "points" in cases:
            name = f"{preset}-points"
            assert (name in coupled) is lacks(name, "independence")


@every_case
def test_twenty_moves_against_frozen_others_lower_the_loss(
    name: str, seed: int, within: Callable[..., None]
) -> None:
    if lacks(name, "accord"):
        assert all(len(phase.movers) > 1 for _, phase, _ in turns(trainer(name)))
        return
    rises = CASES[name][1].rises
    names = {phase.name for _, phase, _ in turns(trainer(name))}
    risen = {}
    for wanted in sorted(names):
        t = trainer(name, seed, batch=64)
        for _, phase, pieces in turns(t):  # what comes before has its twenty moves, too
            values = [follow(t, phase, pieces, rises.get(phase.name)) for _ in range(20)]
            if phase.name == wanted:
                risen[wanted] = sum(values[-3:]) - sum(values[:3])
                break
    within(risen, dict.fromkeys(risen, (-math.inf, -math.ulp(0.0))))


def follow(t: Trainer, phase: Phase, pieces: list[Batch], note: str | None) -> float:
    """Move a phase once on a given batch; what it should lower, before the move."""
    if note is None:
        return float(sum(t.move(phase, pieces).values(), torch.zeros(())))
    seen: list[float] = []
    after = t.game.after_phase

    def listen(phase: Phase, notes: dict[str, float]) -> None:
        seen.append(-notes[note])
        after(phase, notes)

    t.game.after_phase = listen  # type: ignore[method-assign]
    t.move(phase, pieces)
    t.game.after_phase = after  # type: ignore[method-assign]
    return seen[0]


@every_case
def test_bfloat16_stays_finite(name: str) -> None:
    t = trainer(name, precision="bfloat16")
    seen: dict[str, Tensor] = {}
    while t.step < t.steps:
        seen |= t.train_step()
    for term, value in seen.items():
        assert value.dtype == torch.float32, term
        assert value.isfinite(), term
    assert all(p.dtype == torch.float32 for p in t.game.parameters())
    t.state()  # raises when a parameter is not finite
    plain = trainer(name)
    plain.fit()
    assert bool(differing(tensors(plain), tensors(t))) is not lacks(name, "products")

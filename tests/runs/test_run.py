"""A run folder: begun, chosen from, lengthened, moved."""

import json
import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gansmith.core.files import LockedError
from gansmith.core.recipe import constant, linear_decay
from gansmith.core.trainer import Trainer
from gansmith.data import DataError
from gansmith.runs import checkpoint, estimate
from gansmith.runs.config import Config
from gansmith.runs.estimate import check_disk
from gansmith.runs.plan import plan
from gansmith.runs.run import ENDLESS, Run, _new_rate


def planned(folder: Path, **options) -> Run:
    chosen = dict(data="digits", width=4, latent=4, batch=4, steps=6, seed=5)
    return plan("nsgan", out=folder, **chosen | options)


def begun(folder: Path, **options) -> Run:
    one = planned(folder, **options)
    return Run.begin(folder, one.config)


@pytest.fixture(scope="module")
def _played(tmp_path_factory):
    return begun(tmp_path_factory.mktemp("run") / "run").play().folder


@pytest.fixture
def played(_played, tmp_path):
    """A run of six steps, in a copy of its own."""
    shutil.copytree(_played, tmp_path / "played")
    return Run.open(tmp_path / "played")


def test_a_folder_holds_one_run(played):
    with pytest.raises(FileExistsError, match=r"run of 'nsgan'.*--resume"):
        begun(played.folder)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(FileExistsError, match="choose another --out"):
        begun(tmp_path)


def test_a_kill_while_the_folder_was_made_does_not_block_it(tmp_path):
    (tmp_path / ".config.json.123.tmp").write_text("{")
    assert begun(tmp_path).config.preset == "nsgan"


def test_what_another_length_does_to_the_learning_rate_is_said(played):
    trainer = SimpleNamespace(step=6, steps=12, schedule=linear_decay(0.5))
    said = _new_rate(trainer, 8)  # type: ignore[arg-type]
    assert (
        "at step 6 of 12 it goes on at 1 times its first value; at step 6 of 8 it was 0.5" in said
    )
    assert _new_rate(trainer, None) == _new_rate(trainer, 12) == ""  # type: ignore[arg-type]
    trainer.schedule = constant
    assert _new_rate(trainer, 8) == ""  # type: ignore[arg-type]


def test_a_checkpoint_is_chosen_by_name_or_step(played):
    assert played.read("latest")[1]["step"] == 6
    assert played.read("6")[1]["step"] == 6
    assert played.choose("0").step == 0
    at_start = played.sample(2)
    assert not torch.equal(played.choose("latest").sample(2), at_start)
    best = json.loads((played.folder / "scores.jsonl").read_text().splitlines()[-1])
    assert played.choose("best").step == played.read("latest")[1]["best"]["step"]
    assert best["step"] == 6


def test_an_absent_step_names_those_that_are_there(played):
    with pytest.raises(checkpoint.CheckpointError, match=r"no checkpoint '3'.*steps 6, 0"):
        played.read("3")


def test_best_falls_back_to_latest(played):
    (played.checkpoints / "best.safetensors").unlink()
    assert played.read("best")[1]["step"] == 6


def test_a_run_without_a_checkpoint_says_what_to_do(tmp_path):
    with pytest.raises(checkpoint.CheckpointError, match=r"gansmith train --resume"):
        begun(tmp_path / "run").read("latest")


def test_samples_come_from_the_averaged_players(played):
    tensors, _ = played.read("latest")
    G = played.choose("latest").game.G
    for name, value in G.state_dict().items():
        assert torch.equal(value, tensors[f"ema.players.G.{name}"])
    assert not all(torch.equal(v, tensors[f"game.G.{k}"]) for k, v in G.state_dict().items())
    assert not any(p.requires_grad for p in played.game.parameters())
    assert not played.game.training


def test_the_same_seed_gives_the_same_samples(played):
    one = played.sample(3, seed=1)
    assert one.shape == (3, 1, 8, 8)
    assert torch.equal(Run.open(played.folder).sample(3, seed=1), one)
    assert not torch.equal(played.sample(3, seed=2), one)


def test_the_step_is_that_of_the_game_while_the_run_goes_on(played):
    played.choose("latest")
    assert played.game is not None
    tensors, numbers = played.read("latest")
    checkpoint.write(played.checkpoints / "00000009.safetensors", tensors, numbers | {"step": 9})
    assert played.step == 6


def test_latest_can_be_read_while_the_run_replaces_it(played, monkeypatch):
    tensors, numbers = played.read("latest")
    read = checkpoint.read
    calls = []

    def overtaken(path, device="cpu"):
        calls.append(path.name)
        if len(calls) == 1:  # the run goes on after the folder was listed
            for step in (8, 9):
                checkpoint.write(
                    played.checkpoints / f"{step:08d}.safetensors",
                    tensors,
                    numbers | {"step": step},
                )
            checkpoint.prune(played.checkpoints, 2)
        return read(path, device)

    monkeypatch.setattr(checkpoint, "read", overtaken)
    assert played.read("latest")[1]["step"] == 9
    assert calls == ["00000006.safetensors", "00000009.safetensors"]


def test_a_run_can_be_sampled_where_its_data_are_not(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    np.savez(tmp_path / "mine.npz", images=images)
    run = begun(tmp_path / "run", data=tmp_path / "mine.npz", steps=2).play()
    before = run.sample(4)
    (tmp_path / "mine.npz").unlink()
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    assert torch.equal(Run.open(tmp_path / "elsewhere").sample(4), before)


def test_estimate_times_every_stage_and_writes_nothing(tmp_path):
    one = plan(
        "seqgan", steps=40, out=tmp_path / "run", embed_dim=4, hidden_dim=4, filters=2, rollouts=1,
        batch=4, mle_steps=10, d_pretrain_steps=5,
    )  # fmt: skip
    found = one.estimate()
    assert len(found.per_step) == 3
    a, b, c = found.per_step
    sheets = 1 + 40 // one.config.sample_every
    training = 10 * a + 5 * b + 25 * c
    assert found.per_sheet > 0
    assert found.seconds == pytest.approx(training + sheets * found.per_sheet)
    assert list(tmp_path.iterdir()) == []


def test_the_estimated_room_is_enough(played):
    wanted = planned(played.folder.parent / "other").estimate().disk
    used = sum(path.stat().st_size for path in played.folder.rglob("*") if path.is_file())
    assert used < wanted < used + 2**21


def test_a_stage_beyond_the_end_costs_nothing(tmp_path):
    one = plan(
        "seqgan", steps=10, out=tmp_path / "run", embed_dim=4, hidden_dim=4, filters=2, rollouts=1,
        batch=4, mle_steps=10, d_pretrain_steps=5,
    )  # fmt: skip
    assert len(one.estimate().per_step) == 1


def test_a_disk_too_small_is_seen_beforehand(tmp_path, monkeypatch):
    places = []

    def usage(place):
        places.append(place)
        return SimpleNamespace(free=1_000_000)

    monkeypatch.setattr(estimate.shutil, "disk_usage", usage)
    with pytest.raises(OSError, match=r"needs about 3 MB in .*new.* and 1 MB are free; make room"):
        check_disk(tmp_path / "new" / "run", 3_000_000)
    assert places == [tmp_path]
    check_disk(tmp_path, 900_000)


def same_players(one: Run, other: Run) -> bool:
    a, b = one.read("latest")[0], other.read("latest")[0]
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_a_lengthened_run_is_the_run_that_was_long_from_the_start(played, tmp_path):
    played.resume(steps=9)
    assert Config.load(played.folder).steps == 9
    assert same_players(begun(tmp_path / "long", steps=9).play(), played)


def test_a_run_by_the_clock_can_be_repeated_by_its_steps(tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    fake = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("gansmith.runs.recorder.time", fake)
    play = Trainer.train_step

    def playing(trainer):
        clock.now += 10.0
        return play(trainer)

    monkeypatch.setattr(Trainer, "train_step", playing)
    one = begun(tmp_path / "clock", steps=None, minutes=1.0)
    assert one.config.steps == ENDLESS
    one.play()
    assert one.stopped == "clock"
    kept = Config.load(one.folder)
    assert (kept.steps, kept.minutes) == (6, None)
    assert same_players(one, begun(tmp_path / "steps", steps=6).play())
    one.resume(minutes=1.5)  # the total: half a minute more
    assert Config.load(one.folder).steps == 9
    assert one.choose("latest").step == 9


def test_a_falling_rate_fixes_the_last_step_halfway(tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("gansmith.runs.recorder.time", SimpleNamespace(monotonic=lambda: clock.now))
    play = Trainer.train_step
    rates = []

    def playing(trainer):
        clock.now += 10.0
        terms = play(trainer)
        rates.append(trainer.optim["G"].param_groups[0]["lr"])
        if len(rates) == 5:  # after the step was fixed, before the end
            os.kill(os.getpid(), signal.SIGTERM)
        return terms

    monkeypatch.setattr(Trainer, "train_step", playing)
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from gansmith.presets.classic import nsgan\n"
        "from gansmith.core.recipe import linear_decay\n"
        "def fades(spec, *, steps: int = 10):\n"
        "    recipe = nsgan(spec, width=4, latent=2, batch=16, steps=steps)\n"
        "    recipe.schedule = linear_decay(0.5)\n"
        "    return recipe\n"
    )

    def begin(name, **length):
        run = plan(f"{mine}:fades", data="ring", out=tmp_path / name, **length)
        return Run.begin(run.folder, run.config, run.dataset)

    one = begin("clock", minutes=1.2).play()  # 72 seconds: half is past after 4 steps
    assert (one.stopped, one.choose("latest").step) == ("SIGTERM", 5)
    assert one.config.minutes == 1.2
    clock.now += 1000.0
    one = Run.open(one.folder, trust=True).resume(minutes=None)
    assert one.choose("latest").step == 8
    assert (one.config.steps, one.config.minutes) == (8, None)
    by_clock = list(rates)
    rates[:] = [0.0] * 9
    same = begin("steps", steps=8).play()
    assert by_clock == rates[9:]
    assert by_clock[:5] == [5e-4] * 5
    assert by_clock[5:] == pytest.approx([3.75e-4, 2.5e-4, 1.25e-4])
    assert same_players(one, same)


def test_a_length_behind_the_run_is_refused(played):
    with pytest.raises(ValueError, match="at step 6 already: give --steps above that; got 5"):
        played.resume(steps=5)
    (played.folder / "clock.json").write_text('{"seconds": 90.0}')
    with pytest.raises(
        ValueError, match=r"for 1\.5 minutes already: give --minutes above .* got 1"
    ):
        played.resume(minutes=1.0)
    with pytest.raises(ValueError, match="give --steps or --minutes, not both"):
        played.resume(steps=9, minutes=9)
    assert Config.load(played.folder).steps == 6


def test_begun_from_another_run_it_has_its_players_and_no_moments(played, tmp_path):
    heir = begun(tmp_path / "heir", begin_from=played.folder)
    tensors, numbers = heir.trainer(heir.recipe()).state()
    donor, _ = played.read("best")
    assert numbers == {"step": 0, "draws": 0}
    assert all(torch.equal(v, donor[k]) for k, v in tensors.items() if k.startswith("game."))
    assert not any(key.startswith("optim.") for key in tensors)


def test_begun_from_another_run_it_is_resumed_without_it(played, tmp_path):
    heir = begun(tmp_path / "heir", begin_from=played.folder, steps=2).play()
    shutil.rmtree(played.folder)
    assert Run.open(heir.folder).resume(steps=3).choose("latest").step == 3


def test_players_that_do_not_fit_are_refused(played, tmp_path):
    with pytest.raises(ValueError, match="do not fit this run: .* It has width 4, here 8$"):
        begun(tmp_path / "heir", begin_from=played.folder, width=8)


def test_what_a_game_cannot_do_names_what_it_can(played):
    with pytest.raises(TypeError, match="gansmith sample"):
        played.translate(torch.zeros(1, 1, 8, 8))


def test_a_run_that_goes_on_with_another_torch_says_so(tmp_path):
    one = begun(tmp_path / "r", steps=4).play()
    assert one.resumed_with == ""
    one.config.versions["torch"] = "2.11.0"
    one.config.save(one.folder)
    elsewhere = "resumed elsewhere than it began, so the last bits may differ .* torch 2.11.0 -> "
    with pytest.warns(UserWarning, match=elsewhere):
        one.resume(steps=6)


def test_two_that_begin_together_without_a_folder_get_one_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, two = (plan("gan", data="ring", steps=1, seed=seed) for seed in (1, 2))
    assert one.folder == two.folder
    begun = [Run.begin(run.folder, run.config, automatic=True) for run in (one, two)]
    assert [run.folder.name for run in begun] == ["gan-ring-0000", "gan-ring-0001"]
    assert [Run.open(run.folder).config.seed for run in begun] == [1, 2]


def test_two_that_begin_together_in_one_folder(tmp_path):
    one, two = (plan("gan", data="ring", steps=1, out=tmp_path / "r", seed=seed) for seed in (1, 2))
    first = Run.begin(one.folder, one.config)
    (one.folder / "config.json").rename(tmp_path / "config.json")  # as if it came a moment later
    with pytest.raises(LockedError, match="another process is training the run"):
        Run.begin(two.folder, two.config)
    (tmp_path / "config.json").rename(one.folder / "config.json")
    with pytest.raises(FileExistsError, match="already holds a run"):
        Run.begin(two.folder, two.config)
    with pytest.raises(LockedError):
        Run.open(one.folder).resume()
    assert first.play().config.seed == Run.open(one.folder).config.seed == 1
    assert Run.open(one.folder).resume(steps=2).choose("latest").step == 2


@pytest.mark.parametrize("given", [dict(minutes=float("nan")), dict(minutes=float("inf"))])
def test_a_resumption_that_is_refused_writes_nothing(played, given):
    before = {path: path.read_bytes() for path in played.folder.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match="minutes must be a number in"):
        played.resume(**given)
    with checkpoint.lock_run(played.folder), pytest.raises(LockedError):
        Run.open(played.folder).resume(steps=9)
    with pytest.raises(DataError, match="say where it is now by --data"):
        Run.open(played.folder, data="gone.npz").resume(steps=9)
    assert {path: path.read_bytes() for path in before} == before


def test_a_keyword_of_another_type_is_an_error_that_names_the_run(played):
    played.config.preset = "cgan"
    played.config.keywords = {"augment": [[1]]}
    with pytest.raises(ValueError, match="cgan cannot be built with the keywords of .*played"):
        played.recipe()

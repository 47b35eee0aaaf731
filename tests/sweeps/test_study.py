"""A sweep plays every trial once, whoever plays it, and what goes wrong in a trial is a result."""

import itertools
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gansmith.core.files import FileError
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.data import Dataset
from gansmith.evaluation import select
from gansmith.modalities import MODALITIES
from gansmith.runs import plan as planning
from gansmith.runs import recorder
from gansmith.runs.run import Run
from gansmith.runs.trust import UntrustedError
from gansmith.sweeps import lease
from gansmith.sweeps.report import write_sweep_report
from gansmith.sweeps.study import Sweep, sweep
from gansmith.sweeps.trial import Trial

pytest.importorskip("optuna")
TINY: dict[str, Any] = dict(data="mixture-1d", width=4, latent=2, batch=8, steps=20)
SEARCH = {"lr": "1e-4..1e-2", "d_steps": "1..3"}

# A sweep whose process kills itself at step 15 of trial 1.
KILLED = """
import os, signal, sys
from gansmith.runs import recorder
from gansmith.modalities import MODALITIES
from gansmith.runs.run import Run
from gansmith.sweeps.study import Sweep
from gansmith.core.trainer import Trainer
for modality in MODALITIES.values():
    type(modality).score_count = 64
recorder.Recorder.save_samples = lambda *_: None
play, steps, run = Trainer.train_step, 0, Run.play
def playing(trainer):
    global steps
    steps += 1
    if steps == 35:
        os.kill(os.getpid(), signal.SIGKILL)
    return play(trainer)
Trainer.train_step = playing
Run.play = lambda self: run(self, checkpoint_seconds=0.0)
Sweep.begin("nsgan", vary={search}, trials=4, out=sys.argv[1], **{tiny}).play()
"""

# One of two processes that begin at the same moment; says what it played.
SHARER = """
import sys, time
from pathlib import Path
from gansmith.runs import recorder
from gansmith.modalities import MODALITIES
from gansmith.sweeps.study import Sweep
for modality in MODALITIES.values():
    type(modality).score_count = 64
recorder.Recorder.save_samples = lambda *_: None
folder, mine, other = map(Path, sys.argv[1:])
begun = Sweep.open(folder)
begun.study
mine.touch()
while not other.exists():
    time.sleep(0.01)
one, played = begun._run_trial, []
begun._run_trial = lambda number, *rest: played.append(number) or one(number, *rest)
begun.play()
print(*played)
"""


@pytest.fixture(autouse=True)
def _few_samples_and_no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    for modality in MODALITIES.values():
        monkeypatch.setattr(type(modality), "score_count", 64)
    monkeypatch.setattr(recorder.Recorder, "save_samples", lambda *_: None)


def child(program: str, *words: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
    )


def begun(folder: Path, **options: Any) -> Sweep:
    return Sweep.begin("nsgan", **{"out": folder, "vary": SEARCH, "trials": 4} | TINY | options)


def bare(trials: list[Trial]) -> list[Trial]:
    """Trials without the folder they are in."""
    return [replace(trial, folder=Path(trial.folder.name)) for trial in trials]


def numbers(trials: list[Trial]) -> list[int]:
    return sorted(trial.number for trial in trials)


def test_a_grid_plays_every_combination_once(tmp_path: Path) -> None:
    vary = {"lr": [1e-3, 1e-2], "d_steps": "1..2", "seed": "0,1"}
    lines: list[str] = []
    trials = sweep(
        "nsgan",
        vary=vary,
        sampler="grid",
        out=tmp_path / "s",
        log=lines.append,
        **TINY | {"steps": 4},
    )
    played = [tuple(trial.keywords.values()) for trial in sorted(trials, key=lambda t: t.number)]
    assert played == list(itertools.product([1e-3, 1e-2], [1, 2], [0, 1]))
    assert [trial.state for trial in trials] == ["done"] * 8
    assert [trial.score for trial in trials] == sorted(trial.score or 0 for trial in trials)
    assert len({trial.score for trial in trials}) == 8
    assert len(lines) == 8
    assert lines[-1].startswith("━" * 20 + " 8/8  trial 7: lr=0.01 d_steps=2 seed=1 -> ")


def test_a_trial_is_the_run_of_its_keywords(tmp_path: Path) -> None:
    best = begun(tmp_path / "s", trials=2).play().best()
    assert best is not None
    run = Run.open(best.folder)
    assert {name: run.config.keywords[name] for name in SEARCH} == best.keywords
    assert run.config.keywords["width"] == 4
    kept = run.read("best")[1]["best"]
    assert (best.score, best.best_step) == (kept["value"], kept["step"])
    assert best.step == run.choose("latest").step == 20
    assert len(run.sample(3)) == 3


def test_the_number_and_the_seed_give_the_keywords(tmp_path: Path) -> None:
    one, other, third = (
        begun(tmp_path / name, steps=2, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    one.play()
    other.play()
    third.play()
    found = [{t.number: t.keywords for t in each.trials()} for each in (one, other, third)]
    assert found[0] == found[1]
    assert all(found[0][n] != found[2][n] for n in range(4))
    assert len({keywords["lr"] for keywords in found[0].values()}) == 4
    assert all(1e-4 <= keywords["lr"] <= 1e-2 for keywords in found[0].values())
    assert {type(keywords["d_steps"]) for keywords in found[0].values()} == {int}
    longer = {t.number: t.keywords for t in one.extend(5).play().trials()}
    assert {n: longer[n] for n in range(4)} == found[0]


def test_killed_and_resumed_it_is_the_unbroken_sweep(tmp_path: Path) -> None:
    program = KILLED.replace("{search}", repr(SEARCH)).replace("{tiny}", repr(TINY))
    assert child(program, tmp_path / "killed").wait(100) == -signal.SIGKILL
    resumed = Sweep.open(tmp_path / "killed")
    states = {trial.number: trial.state for trial in resumed.trials()}
    assert states == {0: "done", 1: "stopped", 2: "waiting", 3: "waiting"}
    began: list[int] = []
    play = Trainer.fit

    def fit(trainer: Trainer, *given: Any, **more: Any) -> None:
        began.append(trainer.step)
        play(trainer, *given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "fit", fit)
        resumed.play()
    assert began == [14, 0, 0]  # trial 1 went on, and trial 0 was let be
    assert bare(resumed.trials()) == bare(begun(tmp_path / "unbroken").play().trials())


def test_two_processes_share_the_trials(tmp_path: Path) -> None:
    shared = begun(tmp_path / "s", trials=6)
    marks = [tmp_path / "one", tmp_path / "other"]
    both = [child(SHARER, shared.folder, *pair) for pair in (marks, marks[::-1])]
    played = [[int(word) for word in one.communicate(timeout=100)[0].split()] for one in both]
    assert sorted(played[0] + played[1]) == list(range(6))
    assert all(played)
    alone = begun(tmp_path / "alone", trials=6).play()
    assert bare(Sweep.open(shared.folder).trials()) == bare(alone.trials())


def test_divergence_is_a_result(tmp_path: Path) -> None:
    trials = sweep("nsgan", vary={"lr": "1e30,1e-3"}, sampler="grid", out=tmp_path / "s", **TINY)
    good, bad = trials
    assert (good.number, good.state) == (1, "done")
    assert (bad.number, bad.state, bad.score, bad.failed) == (0, "diverged", None, True)
    assert bad.term == "G/adv"
    assert f"step {bad.step}, " in bad.reason
    page = write_sweep_report(Sweep.open(tmp_path / "s")).read_text()
    assert "gansmith train nsgan --data mixture-1d" in page
    assert "not finite: G/adv" in page
    assert (tmp_path / "s" / "scores.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (MemoryError("no"), "out of memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out of memory"),
        (NonFiniteError("it is inf", step=7, phase="G", terms=["adv"]), "diverged"),
        (KeyError("oops"), "error"),
        (RuntimeError("shapes"), "error"),
    ],
)
def test_what_goes_wrong_in_a_trial_is_recorded(
    error: Exception, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.play

    def play(self: Run) -> Run:
        if self.folder.name == "0000":
            raise error
        return run(self)

    monkeypatch.setattr(Run, "play", play)
    *_, failed = begun(tmp_path / "s", trials=2, steps=2).play().trials()
    assert (failed.number, failed.state) == (0, state)
    assert str(error) in failed.reason
    if state == "diverged":
        assert (failed.step, failed.term) == (7, "G/adv")
    monkeypatch.setattr(Run, "play", run)
    again = Sweep.open(tmp_path / "s").play()
    assert again.trials()[-1] == failed  # a result, and not tried again


def test_the_machine_s_fault_ends_the_sitting_and_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Run) -> Run:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "play", full)
        with pytest.raises(OSError, match="No space left"):
            begun(tmp_path / "s", trials=2, steps=2).play()
    again = Sweep.open(tmp_path / "s")
    assert [trial.state for trial in again.trials()] == ["stopped", "waiting"]
    assert [trial.state for trial in again.play().trials()] == ["done"] * 2


def test_ctrl_c_stops_and_the_trial_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = Trainer.train_step

    def interrupted(trainer: Trainer) -> Any:
        if trainer.step == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return play(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_step", interrupted)
        stopped = begun(tmp_path / "s", trials=2).play()
    assert stopped.stopped == "SIGINT"
    # stopped, and not dead: another machine need not wait for it
    (tmp_path / "s" / "trials" / ".0000.owner").write_text("another")
    again = Sweep.open(tmp_path / "s")
    first, *_ = again.trials()
    assert (first.number, first.state, first.step) == (0, "stopped", 6)
    again.play()
    assert bare(again.trials()) == bare(begun(tmp_path / "u", trials=2).play().trials())


def claimed(folder: Path, heartbeat: float, owner: str) -> Sweep:
    """A sweep whose only trial was begun by another process and has not ended."""
    from optuna.trial import TrialState

    one = begun(folder, trials=1, steps=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sweep, "_claim_and_run", lambda *_: False)
        one.play()
    one.storage.set_trial_state_values(0, TrialState.RUNNING)
    lease.set_attributes(one.storage, 0, heartbeat=heartbeat, session="theirs")
    lock = folder / "trials" / ".0000.lock"
    lock.parent.mkdir()
    lock.touch()
    lock.with_suffix(".owner").write_text(owner)
    return one


def test_a_trial_that_runs_elsewhere_is_left_alone_until_it_is_stale(tmp_path: Path) -> None:
    now = time.time()
    fresh = claimed(tmp_path / "fresh", now - lease.STALE_SECONDS / 2, "another")
    assert [trial.state for trial in fresh.play().trials()] == ["running"]
    stale = claimed(tmp_path / "stale", now - 2 * lease.STALE_SECONDS, "another")
    assert [trial.state for trial in stale.trials()] == ["stopped"]
    assert [trial.state for trial in stale.play().trials()] == ["done"]
    here = claimed(tmp_path / "here", now, lease.hostname())
    with lease.try_lock(tmp_path / "here" / "trials" / ".0000.lock"):
        assert [trial.state for trial in here.play().trials()] == ["running"]
    assert [trial.state for trial in here.play().trials()] == ["done"]


def test_a_process_that_lost_its_trial_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, run = begun(tmp_path / "s", trials=1, steps=2), Run.play

    def slept(self: Run) -> Run:
        run(self)
        lease.set_attributes(one.storage, 0, session="theirs")  # taken for dead, and taken over
        return self

    monkeypatch.setattr(Run, "play", slept)
    one.play()
    assert [trial.state for trial in one.trials()] == ["stopped"]


def test_a_trial_whose_process_always_dies_is_given_up(tmp_path: Path) -> None:
    one = claimed(tmp_path / "s", time.time(), lease.hostname())
    lease.set_attributes(one.storage, 0, crashes=[0, 0])
    (trial,) = one.play().trials()
    assert trial.state == "out of memory"
    assert "its process died 3 times at step 0" in trial.reason


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (dict(vary={"lrr": "1..2"}), "unknown keyword 'lrr'; did you mean 'lr'?"),
        (dict(vary={"steps": "1..2"}), "all trials are equally long"),
        (dict(vary={"width": "4,8"}), "width is given and varied"),
        (
            dict(vary={"network": "mlp,cnn"}, data="digits"),
            "--vary network: cnn cannot be: unknown network",
        ),
        (dict(vary={"lr": "-1..1"}), "--vary lr: -1.0 cannot be"),
        (dict(vary={"latent": "0,1"}, batch=8), "latent is given and varied"),
        (dict(vary={"prior": "normal,flat"}), "--vary prior: flat cannot be: unknown prior"),
        (dict(sampler="grid"), "--vary lr=0.0001..0.01 is a range"),
        (dict(sampler="annealing"), "a sampler is one of random, grid, tpe"),
        (dict(metric="cfidd"), "unknown metric 'cfidd'"),
        (dict(metric="cfid"), "There are: energy, sliced"),
        (dict(trials=0), "at least one trial"),
        (dict(widht=3), "unknown keyword 'widht'; did you mean 'width'?"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(
    options: dict[str, Any], hint: str, tmp_path: Path
) -> None:
    with pytest.raises((ValueError, TypeError)) as error:
        begun(tmp_path / "s", **options)
    assert hint in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_a_sweep_is_not_begun_again(tmp_path: Path) -> None:
    begun(tmp_path / "s")
    with pytest.raises(FileExistsError, match="gansmith sweep --resume"):
        begun(tmp_path / "s")
    with pytest.raises(FileNotFoundError, match="is not a sweep"):
        Sweep.open(tmp_path)
    with pytest.raises(ValueError, match="a sweep can only grow"):
        Sweep.open(tmp_path / "s").extend(3)


def test_a_metric_of_evaluate_can_be_searched_by(tmp_path: Path) -> None:
    vary = {"lr": "1e-4,5e-2"}
    for name, better in (("precision", "higher"), ("cfid", "lower"), ("cis", "lower")):
        out, options = tmp_path / name, dict(data="digits", steps=8, vary=vary, sampler="grid")
        one = begun(out, trials=2, metric=name, **options)
        assert one.config.better == better
        first, second = one.play().trials()
        assert first.score is not None
        assert second.score is not None
        assert first.score >= second.score if better == "higher" else first.score <= second.score
        run = Run.open(first.folder)
        number = select.measure_on_training(run.game, run.dataset, run.config.seed)[name]
        assert number.real is not None
        near = number.better == "near"
        assert first.score == (abs(number.value - number.real) if near else number.value)
        assert one.study.best_trial.value == first.score


@pytest.mark.parametrize("metric", ["cfid", "cis", None])
def test_no_score_of_a_sweep_depends_on_the_held_out_split(
    metric: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = planning.open_given

    def altered(*args: Any, **options: Any) -> Dataset:
        data = opened(*args, **options)
        return replace(data, held_out=data.held_out | {"real": data.held_out["real"].flip(3)})

    options = dict(data="digits", steps=2, vary={"lr": "1e-4,5e-2"}, sampler="grid", trials=2)
    real = begun(tmp_path / "real", metric=metric, **options).play().trials()
    monkeypatch.setattr(planning, "open_given", altered)
    other_trials = begun(tmp_path / "altered", metric=metric, **options).play().trials()
    assert [trial.state for trial in other_trials] == ["done", "done"]
    assert [trial.score for trial in other_trials] == [trial.score for trial in real]
    one, other = (Run.open(trials[0].folder) for trials in (real, other_trials))
    other.dataset = altered("digits")
    assert one.evaluate()["cfid"].value != other.evaluate()["cfid"].value


def test_a_count_of_copies_is_no_metric_to_search_by(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="copies compares samples with the training set"):
        Sweep.plan("seqgan", vary={"batch": "4,8"}, metric="copies", out=tmp_path / "s")


def test_a_sweep_without_vary_searches_the_usual_keywords(tmp_path: Path) -> None:
    options = {"out": tmp_path / "s", "trials": 1} | {**TINY, "steps": 2}
    (trial,) = sweep("nsgan", sampler="tpe", **options)
    assert list(trial.keywords) == ["lr", "beta1", "d_steps"]  # the batch is given
    assert trial.state == "done"


def test_a_database_serves_machines_that_share_no_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trials.db"
    one = begun(tmp_path / "here" / "s", trials=2, steps=2, storage=url)
    far = Sweep.open(tmp_path / "there" / "s", storage=url)
    assert far.config == one.config
    far.play()
    assert [trial.state for trial in one.trials()] == ["done"] * 2
    assert numbers(one.trials()) == [0, 1]
    assert (tmp_path / "there" / "s" / "trials" / "0001" / "config.json").exists()
    assert Sweep.open(tmp_path / "there" / "s").storage_url == url
    with pytest.raises(FileExistsError, match="already holds a sweep 's'"):
        begun(tmp_path / "third" / "s", storage=url)
    with pytest.raises(ValueError, match="the storage cannot be used"):
        begun(tmp_path / "third" / "s", storage="nonsense://x")


def test_a_password_is_not_written(tmp_path: Path) -> None:
    one = begun(tmp_path / "s")
    secret = Sweep(one.folder, one.config, "mysql://me:secret@there/db")
    secret._save()
    assert "secret" not in (one.folder / "sweep.json").read_text()
    with pytest.raises(ValueError, match="give --storage"):
        Sweep.open(one.folder)


def test_a_half_written_line_of_the_journal_is_dropped(tmp_path: Path) -> None:
    one = begun(tmp_path / "s", trials=1, steps=2)
    with open(one.folder / "journal.log", "a") as journal:
        journal.write('{"op_code": 4, "wor')
    assert [trial.state for trial in Sweep.open(one.folder).play().trials()] == ["done"]
    assert [trial.state for trial in Sweep.open(one.folder).trials()] == ["done"]


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(RuntimeError, match=r"pip install -e \S+\[sweep\]"):
        begun(tmp_path / "s")
    assert not list(tmp_path.iterdir())


def test_a_preset_file_that_a_sweep_names_is_executed_with_trust_alone(tmp_path: Path) -> None:
    mine, executed = tmp_path / "mine.py", tmp_path / "executed"
    mine.write_text(
        "from pathlib import Path\n"
        "from gansmith.presets.classic import gan\n"
        "def mine(spec, *, width: int = 8, steps: int = 2):\n"
        "    return gan(spec, width=width, batch=16, steps=steps)\n"
        f"Path({str(executed)!r}).touch()\n"
    )
    options = dict(data="ring", steps=2, vary={"width": [8, 12]}, trials=1)
    Sweep.begin(f"{mine}:mine", out=tmp_path / "s", **options)
    executed.unlink()
    with pytest.raises(UntrustedError, match="--trust"):
        Sweep.open(tmp_path / "s").play()
    assert not executed.exists()
    assert [trial.state for trial in Sweep.open(tmp_path / "s").trials()] == ["stopped"]
    (trial,) = Sweep.open(tmp_path / "s", trust=True).play().trials()
    assert trial.state == "done"


@pytest.mark.parametrize("where", ["data", "metric", "train"])
def test_code_anywhere_in_a_sweep_waits_for_trust(where: str, tmp_path: Path) -> None:
    mine, executed = tmp_path / "mine.py", tmp_path / "executed"
    mine.write_text(f"open({str(executed)!r}, 'w')")
    options = dict(data="ring", steps=2, vary={"width": [8, 12]}, trials=1)
    begun = Sweep.begin("gan", out=tmp_path / "s", **options)
    name = f"{mine}:x"
    page = begun.config.to_json()
    page[where] = page["train"] | {"metrics": [name]} if where == "train" else name
    begun.study.set_user_attr("config", page)
    with pytest.raises(UntrustedError, match="is code in the file .*mine.py"):
        Sweep.open(tmp_path / "s").play()
    assert not executed.exists()


def test_two_sweeps_that_begin_together_get_a_folder_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = dict(data="ring", steps=2, vary={"width": [8, 12]}, trials=1)
    planned = [Sweep.plan("gan", **options) for _ in range(2)]
    names = [sweep.create().folder.name for sweep in planned]
    assert names == ["gan-ring-0000", "gan-ring-0001"]


def test_a_link_in_a_sweep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "trials").symlink_to(tmp_path)
    with pytest.raises(FileError, match="trials is a link"):
        Sweep.open(tmp_path / "s")

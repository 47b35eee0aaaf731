"""What a run writes while it is played: curves, checkpoints, signals, the clock."""

import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gansmith.core.files import DamagedError
from gansmith.core.trainer import Trainer
from gansmith.report import write_report
from gansmith.runs import checkpoint, recorder
from gansmith.runs.checkpoint import BEST
from gansmith.runs.plan import plan
from gansmith.runs.recorder import KEEP, Recorder
from gansmith.runs.run import Run


def small(folder: Path, steps: int = 24, sample_every: int = 12) -> Run:
    run = plan("nsgan", data="digits", width=4, latent=4, batch=4, steps=steps, out=folder, seed=5)
    run.config.sample_every = sample_every
    return Run.begin(folder, run.config)


def parts(run: Run, checkpoint_seconds: float = 60.0) -> tuple[Recorder, Trainer]:
    return Recorder(
        run.folder,
        run.dataset,
        sample_every=run.config.sample_every,
        checkpoint_seconds=checkpoint_seconds,
    ), run.trainer(run.recipe())


def steps_of(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def names(run: Run) -> list[str]:
    return [path.name for path in checkpoint.newest_first(run.checkpoints)]


def signalled(monkeypatch, step: int, *numbers: int) -> None:
    """Send this process the signals in the middle of a step of `fit`."""
    play = Trainer.train_step

    def playing(trainer):
        if trainer.step == step:
            for number in numbers:
                os.kill(os.getpid(), number)
        return play(trainer)

    monkeypatch.setattr(Trainer, "train_step", playing)


def test_a_run_begins_with_a_score_and_ends_with_a_checkpoint_and_a_sheet(tmp_path):
    run = small(tmp_path / "run").play()
    assert steps_of(run.folder / "log.jsonl") == [10, 20]
    assert steps_of(run.folder / "scores.jsonl") == [0, 12, 24]
    assert names(run) == ["00000024.safetensors", "00000000.safetensors"]
    sheets = sorted(path.name for path in (run.folder / "samples").iterdir())
    assert sheets == ["00000000.png", "00000012.png", "00000024.png"]


def test_best_is_the_state_with_the_lowest_score_after_step_0(tmp_path):
    run = small(tmp_path / "run", steps=24, sample_every=4).play()
    lines = [json.loads(x) for x in (run.folder / "scores.jsonl").read_text().splitlines()]
    lowest = min((x for x in lines if x["step"]), key=lambda x: x["value"])
    _, numbers = checkpoint.read(run.checkpoints / BEST)
    assert numbers["step"] == lowest["step"]
    assert numbers["best"] == lowest


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    run = small(tmp_path / "run", steps=8, sample_every=100).play(checkpoint_seconds=0.0)
    assert len(names(run)) == KEEP
    assert names(run)[0] == "00000008.safetensors"


def test_a_resumed_log_is_cut_back_and_loses_its_unfinished_line(tmp_path):
    run = small(tmp_path / "run").play()
    log = run.folder / "log.jsonl"
    log.write_text('{"step": 10}\n{"step": 20}\n{"step": 30}\n{"step": 4')
    recording, trainer = parts(run)
    recording.restore(trainer)
    assert trainer.step == 24
    assert log.read_text() == '{"step": 10}\n{"step": 20}\n'


def test_killed_between_the_first_score_and_the_first_checkpoint(tmp_path):
    run = small(tmp_path / "run")
    recording, trainer = parts(run)
    recording.restore(trainer)
    recording.evaluate_and_keep(trainer)  # and then the power fails
    run.play()
    assert steps_of(run.folder / "scores.jsonl") == [0, 12, 24]


def test_resumed_at_the_checkpoint_of_step_0_it_does_not_score_again(tmp_path):
    run = small(tmp_path / "run")
    recording, trainer = parts(run)
    recording.restore(trainer)
    recording.evaluate_and_keep(trainer)
    recording.save(trainer)
    run.play()
    assert steps_of(run.folder / "scores.jsonl") == [0, 12, 24]


def test_temporary_files_of_a_killed_run_are_removed(tmp_path):
    run = small(tmp_path / "run")
    (run.folder / "samples").mkdir()
    (run.folder / "checkpoints").mkdir()
    for place in ("", "samples", "checkpoints"):
        (run.folder / place / ".x.123.tmp").write_text("half")
    recording, trainer = parts(run)
    recording.restore(trainer)
    assert list(run.folder.rglob("*.tmp")) == []


ENDING = [getattr(signal, name) for name in recorder.SIGNALS if hasattr(signal, name)]


class Clock:
    """Seconds that pass as the test says."""

    def __init__(self, monkeypatch, step: float) -> None:
        self.now = 1000.0
        monkeypatch.setattr(recorder, "time", SimpleNamespace(monotonic=lambda: self.now))
        play = Trainer.train_step

        def playing(trainer):
            self.now += step
            return play(trainer)

        monkeypatch.setattr(Trainer, "train_step", playing)


def watched(monkeypatch, run: Run, clock: Clock, **options) -> list[tuple[float, int]]:
    """Play with the clock; when, and at which step, checkpoints were saved."""
    saves = []
    save = Recorder.save

    def saving(self, trainer):
        saves.append((clock.now - 1000.0, trainer.step))
        save(self, trainer)

    monkeypatch.setattr(Recorder, "save", saving)
    recording, trainer = parts(run, **options)
    recording.restore(trainer)
    recording.run(trainer)
    return saves


def test_a_checkpoint_every_sixty_seconds(tmp_path, monkeypatch):
    run = small(tmp_path / "run", steps=30, sample_every=100)
    saves = watched(monkeypatch, run, Clock(monkeypatch, 7.0))
    assert saves == [(0.0, 0), (63.0, 9), (126.0, 18), (189.0, 27), (210.0, 30)]


def test_a_slow_evaluation_does_not_delay_the_checkpoint(tmp_path, monkeypatch):
    run = small(tmp_path / "run", steps=10, sample_every=8)
    clock = Clock(monkeypatch, 7.0)
    evaluate = Recorder.evaluate_and_keep

    def slow(self, trainer, bar=None):
        evaluate(self, trainer, bar)
        clock.now += 50.0 if trainer.step else 0.0

    monkeypatch.setattr(Recorder, "evaluate_and_keep", slow)
    saves = watched(monkeypatch, run, clock)
    assert saves == [(0.0, 0), (106.0, 8), (120.0, 10)]


def test_the_clock_counts_earlier_sessions(tmp_path, monkeypatch):
    run = small(tmp_path / "run", steps=10**9, sample_every=10**9)
    clock = Clock(monkeypatch, 10.0)
    for minutes, stopped_at in ((1.0, 6), (2.0, 12)):
        recording, trainer = parts(run)
        recording.minutes = minutes
        recording.restore(trainer)
        recording.run(trainer)
        assert (recording.stopped, trainer.step) == ("clock", stopped_at)
        assert recorder.read_clock(run.folder) == 60 * minutes
    assert clock.now == 1120.0


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_the_step_and_saves(tmp_path, monkeypatch, number):
    before = signal.getsignal(number)
    run = small(tmp_path / "run")
    signalled(monkeypatch, 13, number)
    run.play()
    assert run.stopped == signal.Signals(number).name
    assert names(run)[0] == "00000014.safetensors"
    assert signal.getsignal(number) is before


def test_a_second_ctrl_c_stops_at_once(tmp_path, monkeypatch):
    run = small(tmp_path / "run")
    signalled(monkeypatch, 13, signal.SIGINT, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run.play()
    assert names(run)[0] == "00000000.safetensors"


def test_two_signals_of_a_system_that_ends_still_save(tmp_path, monkeypatch):
    run = small(tmp_path / "run")
    signalled(monkeypatch, 13, signal.SIGTERM, signal.SIGHUP)
    run.play()
    assert run.stopped == "SIGTERM"
    assert names(run)[0] == "00000014.safetensors"


def test_a_signal_that_is_ignored_stays_so(tmp_path, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        signalled(monkeypatch, 3, signal.SIGHUP)
        run = small(tmp_path / "run", steps=6).play()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert run.stopped == ""
    assert run.choose("latest").step == 6


def test_the_logs_reach_the_disk_before_the_checkpoint_does(tmp_path, monkeypatch):
    done = []
    sync, write = recorder.sync_file, checkpoint.write
    monkeypatch.setattr(recorder, "sync_file", lambda path: (done.append(path.name), sync(path)))

    def writing(path, *given):
        done.append(path.name)
        write(path, *given)

    monkeypatch.setattr(checkpoint, "write", writing)
    small(tmp_path / "run", steps=4, sample_every=4).play()
    last = ["log.jsonl", "scores.jsonl", "00000004.safetensors"]
    assert done[-3:] == last
    assert done[-6:-3] == [*last[:2], BEST]


def test_a_kill_after_best_was_written_goes_on_from_there(tmp_path):
    whole = small(tmp_path / "whole").play()
    run = small(tmp_path / "run")
    run.play()
    for path in checkpoint.newest_first(run.checkpoints):  # as if killed right after step 12 or 24
        path.unlink()
    saved = run.read("best")[1]["step"]
    assert saved > 0
    again = Run.open(run.folder)
    recording, trainer = parts(again)
    recording.restore(trainer)
    assert trainer.step == saved
    again.resume()
    for which in ("latest", "best"):
        (a, numbers), (b, others) = whole.read(which), again.read(which)
        assert numbers == others
        assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_run_cannot_end_before_the_state_that_it_would_go_on_from(tmp_path):
    run = small(tmp_path / "run").play()
    for path in checkpoint.newest_first(run.checkpoints):
        path.unlink()
    step = run.read("best")[1]["step"]
    before = (run.folder / "config.json").read_bytes()
    with pytest.raises(ValueError, match=f"at step {step} already: give --steps above .* got 11"):
        Run.open(run.folder).resume(steps=11)
    assert (run.folder / "config.json").read_bytes() == before


def test_a_damaged_best_is_set_aside_and_chosen_anew(tmp_path):
    run = small(tmp_path / "run").play()
    best = run.checkpoints / BEST
    best.write_bytes(best.read_bytes()[:-1])
    with pytest.raises(checkpoint.DamagedCheckpointError, match="--checkpoint latest takes"):
        run.read("best")
    Run.open(run.folder).resume(steps=36)
    assert run.read("best")[1]["step"] == 36
    best.write_bytes(b"not even a header")
    assert "best.safetensors could not be read" in Run.open(run.folder).resume().resumed_with
    assert run.read("best")[1]["step"] == 36  # the latest, since there is no best any more


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("clock.json", "{}"),
        ("clock.json", "[1"),
        ("log.jsonl", '{"step": 10}\nnonsense\n'),
        ("log.jsonl", '{"stop": 10}\n'),
        ("scores.jsonl", '{"step": 12, "metric": "cFID"}\n'),
        ("scores.jsonl", "5\n"),
    ],
)
def test_a_damaged_file_of_a_run_is_named_by_whatever_reads_it(ended, name, content):
    path = ended / name
    before = path.read_bytes()
    path.write_text(content)
    try:
        for use in (Run.resume, write_report):
            with pytest.raises(DamagedError, match=f"{name} cannot be read: .*Remove"):
                use(Run.open(ended))
    finally:
        path.write_bytes(before)


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    return small(tmp_path_factory.mktemp("ended") / "run", steps=12).play().folder


def test_a_run_stopped_by_a_signal_and_resumed_is_the_run_that_was_not(tmp_path):
    whole = small(tmp_path / "whole").play()
    with pytest.MonkeyPatch.context() as patch:
        signalled(patch, 13, signal.SIGTERM)
        small(tmp_path / "parts").play()
    parted = Run.open(tmp_path / "parts")
    parted.resume()
    for which in ("latest", "best"):
        a, numbers = whole.read(which)
        b, others = parted.read(which)
        assert numbers == others
        assert a.keys() == b.keys()
        assert all(torch.equal(a[key], b[key]) for key in a)
    for name in ("log.jsonl", "scores.jsonl", "config.json"):
        assert (whole.folder / name).read_bytes() == (parted.folder / name).read_bytes()
    sheets = [{p.name: p.read_bytes() for p in (r.folder / "samples").iterdir()}
              for r in (whole, parted)]  # fmt: skip
    assert sheets[0] == sheets[1]


def test_the_bar_is_closed_when_the_run_breaks(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(recorder.Progress, "close", lambda self: closed.append(True))
    run = small(tmp_path / "run")

    def broken(trainer):
        raise ArithmeticError("broken")

    monkeypatch.setattr(Trainer, "train_step", broken)
    with pytest.raises(ArithmeticError):
        run.play()
    assert closed == [True]

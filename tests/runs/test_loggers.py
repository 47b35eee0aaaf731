"""Curves elsewhere: what a logger is given, and that a resumed run repeats nothing."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from gansmith.api import open_run, train
from gansmith.core.trainer import Trainer
from gansmith.runs import loggers
from gansmith.runs.loggers import FILE, LOGGERS, check_logger
from gansmith.runs.recorder import read_log, read_scores
from gansmith.runs.run import Run

RING = dict(data="ring", width=4, batch=8, d_steps=1, sample_every=40)


class StoppedError(Exception):
    """The process dies."""


def dying_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a run dies before this step, as by SIGKILL: nothing more is saved."""
    play = Trainer.train_step

    def playing(trainer: Trainer) -> object:
        if trainer.step == step:
            raise StoppedError
        return play(trainer)

    monkeypatch.setattr(Trainer, "train_step", playing)


def killed_and_resumed(log: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of 60 steps with a checkpoint at 0 alone, killed at 37, at 15 and then let through."""
    with monkeypatch.context() as patch:
        dying_at(37, patch)
        with pytest.raises(StoppedError):
            train("wgan-gp", steps=60, out="run", log=log, **RING)
    with monkeypatch.context() as patch:
        dying_at(15, patch)
        with pytest.raises(StoppedError):
            open_run("run").resume()
    assert max(line["step"] for line in read_log(Path("run"))) == 10
    return open_run("run").resume()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def events(folder: Path) -> dict[str, list[int]]:
    """The steps of every curve, and of the samples, that TensorBoard reads."""
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = module.EventAccumulator(str(folder / "tensorboard"), {"images": 0, "scalars": 0})
    found.Reload()
    tags = found.Tags()
    steps = {name: [x.step for x in found.Scalars(name)] for name in tags["scalars"]}
    return steps | {name: [x.step for x in found.Images(name)] for name in tags["images"]}


def test_tensorboard_reads_the_curves_of_the_logs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorboard")
    run = killed_and_resumed("tensorboard", monkeypatch)
    steps = events(run.folder)
    assert steps.pop("samples") == [0, 40, 60]
    assert steps.pop(f"score/{read_scores(run.folder)[0]['metric']}") == [0, 40]
    assert set(steps) == {name for line in read_log(run.folder) for name in line} - {"step"}
    assert all(curve == [10, 20, 30, 40, 50, 60] for curve in steps.values())
    assert json.loads((run.folder / "config.json").read_text())["log"] == "tensorboard"


def test_a_logger_that_comes_later_has_all_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorboard")
    train("wgan-gp", steps=20, out="run", **RING)
    run = open_run("run").resume(steps=40, log="tensorboard")
    assert events(run.folder)["D/adv"] == [10, 20, 30, 40]
    before = events(run.folder)
    run = open_run("run").resume(steps=60, log="none")
    assert run.config.log is None
    assert events(run.folder) == before


def test_a_text_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorboard")
    Path("sheet.txt").write_text("a red\n  heart")
    board = loggers.TensorBoard(Path("run"), "")
    monkeypatch.setattr(board.writer, "add_text", lambda *given: said.append(given))
    said: list[object] = []
    board.sheet(3, Path("sheet.txt"))
    board.close()
    assert said == [("samples", "    a red\n      heart", 3)]


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_a_tracker_is_given_everything_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    had: list[tuple[str, object]] = []
    stand_in = ModuleType(name)
    stand_in.init = lambda **given: had.append(("init", given))
    stand_in.log = lambda values, step: had.append((" ".join(values), step))
    stand_in.finish = lambda: had.append(("finish", None))
    stand_in.Image = lambda pixels: SimpleNamespace(shape=pixels.shape)
    stand_in.Settings = dict
    monkeypatch.setitem(sys.modules, name, stand_in)
    monkeypatch.setattr(loggers, "distribution", lambda package: package)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    run = killed_and_resumed(name, monkeypatch)
    begun = [given for what, given in had if what == "init"]
    assert len(begun) == 3
    assert {given["name"] for given in begun} == {
        json.loads((run.folder / FILE).read_text())["run"]
    }
    assert all(given["resume"] == "allow" for given in begun)
    assert {given.get("mode", "offline") for given in begun} == {"offline"}
    assert len([1 for what, _ in had if what == "finish"]) == 3
    assert [step for what, step in had if "D/adv" in what] == [10, 20, 30, 40, 50, 60]
    assert [step for what, step in had if what == "samples"] == [0, 40, 60]
    assert [step for what, step in had if what.startswith("score/")] == [0, 40]


def test_wandb_uses_a_network_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[dict] = []
    stand_in = ModuleType("wandb")
    stand_in.init = lambda **given: begun.append(given)
    stand_in.Settings = dict
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    for mode, reports in ((None, "false"), ("online", None)):
        monkeypatch.setenv("WANDB_ERROR_REPORTING", "set, so that it is restored")
        monkeypatch.delenv("WANDB_ERROR_REPORTING")
        if mode:
            monkeypatch.setenv("WANDB_MODE", mode)
        LOGGERS["wandb"](Path("run"), "run-1")
        assert begun[-1]["mode"] == (mode or "offline")
        assert os.environ.get("WANDB_ERROR_REPORTING") == reports


def test_what_is_not_installed_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="unknown log 'tensorbord'; did you mean 'tensorboard'?"):
        train("wgan-gp", steps=1, out="run", log="tensorbord", **RING)

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(loggers, "distribution", missing)
    with pytest.raises(ImportError, match=r"needs the package wandb: pip install .*\[wandb\]"):
        train("wgan-gp", steps=1, out="run", log="wandb", **RING)
    assert not list(tmp_path.iterdir())
    train("wgan-gp", steps=1, out="run", **RING)
    before = (tmp_path / "run/config.json").read_bytes()
    with pytest.raises(ImportError, match="--log trackio needs the package trackio"):
        open_run("run").resume(steps=2, log="trackio")
    assert (tmp_path / "run/config.json").read_bytes() == before
    check_logger(None)

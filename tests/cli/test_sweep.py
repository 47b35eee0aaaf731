"""gansmith sweep: what it says and writes, how it goes on, what it refuses."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gansmith.cli import main
from gansmith.cli.preset_options import parse_with_preset
from gansmith.cli.sweep import SweepOptions
from gansmith.cli.train import TrainOptions, preset_of
from gansmith.evaluation import select
from gansmith.presets import PRESETS
from gansmith.runs import recorder
from gansmith.sweeps.plan import SweepConfig
from gansmith.sweeps.report import failure_reason, train_command
from gansmith.sweeps.study import Sweep
from gansmith.sweeps.trial import Trial

pytest.importorskip("optuna")
TINY = ["--data", "mixture-1d", "--width", "4", "--batch", "8", "--steps", "4"]
GRID = ["nsgan", *TINY, "--grid", "--vary", "lr=1e-3,1e30", "--vary", "d-steps=1,2"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANSMITH_TRACE", raising=False)
    monkeypatch.setattr(select, "COUNT", 64)
    monkeypatch.setattr(recorder.Recorder, "save_samples", lambda *_: None)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    main(["sweep", *words])
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["sweep", *words])
    line = capsys.readouterr().err
    assert stop.value.code == 2, line
    assert line.count("\n") == 1, line
    return line


def test_a_sweep_is_played_lengthened_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, *GRID, "--trials", "3", "--out", "s")
    assert "  lr: 0.001, 1e+30\n  d_steps: 1, 2\n" in text
    assert "s: 3 trials, grid search" in text
    assert " 3/3  trial 2: lr=1e+30 d_steps=1 -> diverged at step" in text
    ready = next(line for line in text.splitlines() if line.startswith("  gansmith train"))
    options, keywords = _parsed(shlex.split(ready)[2:])
    best = Sweep.open("s").best()
    assert best is not None
    assert keywords == {"width": 4, "batch": 8} | {"lr": 1e-3, **_off(best.keywords["d_steps"])}
    assert (options.data, options.steps) == ("mixture-1d", 4)
    assert "report  s/report.html" in text
    assert Path("s/report.html").exists()
    assert json.loads(Path("s/sweep.json").read_text())["train"] == {
        "steps": 4,
        "width": 4,
        "batch": 8,
    }
    more = said(capsys, "--resume", "s", "--trials", "4")
    assert "trial 3: " in more
    assert "trial 2: " not in more
    shown = said(capsys, "--resume", "s", "--trials", "0")
    assert "╌" not in shown
    assert shown.count("diverged") == 2
    assert "D/adv" in shown
    main(["sample", "s/trials/0000", "-n", "4"])
    assert Path("s/trials/0000/generated/samples.npy").exists()


def _parsed(words: list[str]) -> tuple[TrainOptions, dict[str, Any]]:
    """The options and keywords of a train command."""
    name, rest = preset_of(words)
    assert name is not None
    return parse_with_preset(TrainOptions, name, rest)


def _off(d_steps: int) -> dict[str, int]:
    """What differs from the preset's own value of d_steps."""
    return {"d_steps": d_steps} if d_steps != 1 else {}


def test_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = said(capsys, "nsgan", *TINY, "--dry-run")
    assert "  lr: 5e-05..0.005 in log scale\n" in text
    assert "20 trials of about" in text
    assert "nothing was written; it would go to sweeps/nsgan-mixture-1d-0000" in text
    assert not list(tmp_path.iterdir())


MISTAKES = {
    "no preset": (TINY[:2], "name the preset whose keywords to search"),
    "keyword": (["nsgan", *TINY, "--vary", "lrr=1..2"], "'lrr'; did you mean 'lr'?"),
    "option": (["nsgan", *TINY, "--trails", "3"], "did you mean --trials?"),
    "preset": (["nsgam"], "did you mean 'nsgan'?"),
    "no values": (["nsgan", *TINY, "--vary", "lr"], "--vary takes KEYWORD=VALUES"),
    "twice": (["nsgan", *TINY, "--vary", "lr=1..2", "--vary", "lr=3..4"], "lr is given twice"),
    "range in a grid": (["nsgan", *TINY, "--grid", "--vary", "lr=1..2"], "is a range"),
    "grid and tpe": ([*GRID, "--sampler", "tpe"], "leave out --sampler"),
    "given too": ([*GRID, "--vary", "width=4,8"], "width is given and varied"),
    "no sweep": (["--resume", "nowhere"], "nowhere is not a sweep"),
    "resume otherwise": (["--resume", "s", "--steps", "4"], "leave out --steps"),
    "resume and preset": (["nsgan", "--resume", "s"], "leave out --preset"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_writes_nothing(
    mistake: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words, hint = MISTAKES[mistake]
    assert hint in refused(capsys, *words)
    assert not list(tmp_path.iterdir())


def test_help_needs_neither_torch_nor_optuna() -> None:
    program = (
        "import sys; from gansmith.cli import main; main(['--help']);"
        "print({'torch', 'optuna', 'matplotlib'} & set(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert "gansmith sweep PRESET" in shown
    assert shown.endswith("set()\n")


def test_the_command_says_flags_as_train_takes_them() -> None:
    train = dict(steps=5, begin_from="/a b", paper=True, skip_bad=False, width=4)
    config = SweepConfig("dcgan", "ring", train, {}, "random", 0, 1, None, "", "lower", "")
    trial = Trial(0, Path(), {"share_fakes": False, "lr": 1e-05, "augment": "a,b"}, "done")
    ready = shlex.split(train_command(config, trial))
    assert ready[:3] == ["gansmith", "train", "dcgan"]
    options, keywords = _parsed(ready[2:])
    assert (options.steps, options.begin_from, options.paper) == (5, Path("/a b"), True)
    assert keywords == {"width": 4, "lr": 1e-05, "augment": "a,b"}


def test_a_reason_is_a_line() -> None:
    bad = Trial(0, Path(), {}, "diverged", reason="step 3, phase 'G': ...", term="G/adv")
    assert failure_reason(bad) == "not finite: G/adv"
    assert failure_reason(
        Trial(0, Path(), {}, "error", reason="Error: a\n b " + "c" * 200)
    ).endswith("ccc...")


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_has_a_keyword_that_a_sweep_has_as_an_option(preset: str) -> None:
    words = ["--vary", "lr=1..2", "--vary", "batch=3,4", "--trials", "3"]
    options, keywords = parse_with_preset(SweepOptions, preset, words, "sweep")
    assert (options.vary, options.trials) == (("lr=1..2", "batch=3,4"), 3)
    assert keywords == {}

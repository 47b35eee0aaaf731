"""Runs that are killed, interrupted or told to end are the runs that were not."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gansmith import cli
from gansmith.core.trainer import Trainer
from gansmith.modalities.image import Image
from gansmith.runs import checkpoint
from gansmith.runs.run import Run

ROOT = Path(__file__).resolve().parents[2]
TINY = ["--data", "digits", "--width", "4", "--latent", "4", "--batch", "4"]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def test_killed_at_random_and_resumed():
    presets = ["wgan-gp", "cyclegan", "seqgan"]
    words = ["--kills", "3", "--steps", "20", "--presets", *presets]
    told = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "kill_many.py"), *words],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=300,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    rows = [line.strip("| ").split(" | ") for line in told.stdout.splitlines() if "|" in line][2:]
    assert [row[0] for row in rows] == presets
    assert all(row[-1] == "equal" for row in rows)
    assert sum(int(row[1]) for row in rows) > 0
    assert all(int(row[4]) > 50 for row in rows)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_says_how_to_go_on(tmp_path, monkeypatch, capsys, number, status):
    monkeypatch.setattr(Image, "score_count", 64)
    play = Trainer.train_step

    def playing(trainer):
        if trainer.step == 5:
            os.kill(os.getpid(), number)
        return play(trainer)

    monkeypatch.setattr(Trainer, "train_step", playing)
    out = tmp_path / "run"
    with pytest.raises(SystemExit) as left:
        cli.main(["train", "nsgan", *TINY, "--steps", "9", "--out", str(out)])
    assert left.value.code == status
    name = signal.Signals(number).name
    said = capsys.readouterr().out
    assert re.search(
        rf"stopped at step 6 \({name}\); resume: .*gansmith train --resume {re.escape(str(out))}",
        said,
    )
    monkeypatch.setattr(Trainer, "train_step", play)
    cli.main(["train", "--resume", str(out)])
    assert Run.open(out).choose("latest").step == 9


def test_ctrl_c_in_a_terminal(tmp_path):
    out = tmp_path / "run"
    words = ["train", "gan", *TINY[2:], "--data", "ring", "--steps", "1000000", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "gansmith", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    log, late = out / "log.jsonl", time.monotonic() + 120
    while not (log.exists() and log.read_text()) and time.monotonic() < late:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    stopped = re.search(
        r"stopped at step (\d+) \(SIGINT\); resume: .*gansmith train --resume", said
    )
    assert stopped
    newest = checkpoint.newest_first(out / "checkpoints")[0]
    assert int(newest.stem) == int(stopped[1]) > 0
    assert checkpoint.read(newest)[1]["step"] == int(stopped[1])

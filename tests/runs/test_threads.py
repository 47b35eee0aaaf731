"""The number of threads of a run: chosen by a trial, recorded, kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gansmith.runs import threads
from gansmith.runs.plan import plan
from gansmith.runs.run import Run
from gansmith.runs.threads import choose_threads, using_threads

TINY: dict[str, Any] = dict(data="ring", width=4, batch=8, latent=2)


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Four threads on a machine of four, none of them given, and a short spin."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "300")
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


class Steps:
    """A trainer whose steps take as long as is said of each number of threads."""

    def __init__(self, taken: dict[int, float]) -> None:
        self.taken, self.now, self.tried = taken, 0.0, []

    def train_step(self) -> None:
        self.now += self.taken[torch.get_num_threads()]
        self.tried.append(torch.get_num_threads())


@pytest.mark.parametrize(
    ("taken", "best", "tried"),
    [
        ({1: 1.0, 2: 0.6, 4: 0.4}, 4, {1, 2, 4}),
        ({1: 1.0, 2: 0.6, 4: 0.58}, 2, {1, 2, 4}),  # four earn too little
        ({1: 1.0, 2: 9.0, 4: 0.1}, 1, {1, 2}),  # a busy machine
    ],
)
def test_the_fastest_number_is_chosen(
    taken: dict[int, float],
    best: int,
    tried: set[int],
    several: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = Steps(taken)
    monkeypatch.setattr(threads, "time", SimpleNamespace(perf_counter=lambda: steps.now))
    assert choose_threads(lambda: steps) == best  # type: ignore[arg-type, return-value]
    assert set(steps.tried) == tried
    assert torch.get_num_threads() == 4


def test_nothing_is_tried_where_the_number_is_given(
    several: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> Any:
        raise AssertionError("a trial")

    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert choose_threads(never) == 4


def test_half_of_the_threads_where_they_spin_long(
    several: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch was imported first."""
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    steps = Steps({1: 1.0, 2: 0.6, 4: 0.1})
    monkeypatch.setattr(threads, "time", SimpleNamespace(perf_counter=lambda: steps.now))
    assert choose_threads(lambda: steps) == 2  # type: ignore[arg-type, return-value]


def test_a_resumed_run_keeps_its_number(
    several: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(
        "gansmith.runs.recorder.Recorder.run", lambda *_: seen.append(torch.get_num_threads())
    )
    monkeypatch.setattr("gansmith.runs.run.choose_threads", lambda make: 2)
    planned = plan("nsgan", steps=2, out=tmp_path / "run", **TINY)
    Run.begin(planned.folder, planned.config, planned.dataset).play()
    assert torch.get_num_threads() == 4
    again = Run.open(tmp_path / "run")
    assert again.config.versions["threads"] == again.threads == 2
    again.resume(steps=3)  # without a warning that the number has changed
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with pytest.warns(UserWarning, match="threads 2 -> 4"):
        again.resume(steps=3)
    assert seen == [2, 2, 4]


def test_no_more_threads_than_the_processor_runs(several: None) -> None:
    with using_threads(64):
        assert torch.get_num_threads() == 4
    assert torch.get_num_threads() == 4


@pytest.mark.parametrize(
    ("code", "spin"),
    [
        ("", "300"),
        ("os.environ['GOMP_SPINCOUNT'] = '7'", "7"),
        ("os.environ['OMP_WAIT_POLICY'] = 'ACTIVE'", "None"),
        ("sys.modules['torch'] = None", "None"),  # it came first
    ],
)
def test_threads_spin_shortly_unless_the_environment_says_otherwise(code: str, spin: str) -> None:
    start = "import os, sys; [os.environ.pop(x, 0) for x in ('GOMP_SPINCOUNT', 'OMP_WAIT_POLICY')]"
    show = "import gansmith; print(os.environ.get('GOMP_SPINCOUNT'))"
    done = subprocess.run(
        [sys.executable, "-c", f"{start}\n{code}\n{show}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == spin

"""What a person reads while a run is played."""

import io
import os
from types import SimpleNamespace

import pytest
from rich.console import Console

from gansmith.runs import progress
from gansmith.runs.progress import PLAIN_EVERY, Progress, format_duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (45.4, "45 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"), (7500, "2 h 5 min"),
    ],
)  # fmt: skip
def test_seconds_as_a_person_says_them(seconds, said):
    assert format_duration(seconds) == said


@pytest.fixture
def time(monkeypatch):
    now = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now.now))
    return now


def said(capsys) -> str:
    return capsys.readouterr().err


def test_plain_lines_come_every_ten_seconds(time, capsys):
    bar = Progress(SimpleNamespace(steps=100, step=0), None, 0.0)
    bar.update({"step": 10, "D/adv": 0.5}, 5.0)
    assert said(capsys) == ""
    time.now = PLAIN_EVERY
    bar.set_score({"metric": "cFID", "value": 12.345})
    bar.update({"step": 20, "D/adv": 0.25, "D/penalty": 0.0}, 10.0)
    assert said(capsys) == "step 20/100  40 s left  cFID 12.3  D/adv 0.25\n"
    bar.update({"step": 30}, 11.0)
    assert said(capsys) == ""
    bar.close()


def test_a_notebook_has_one_bar_that_is_replaced_and_keeps_its_last_state(
    time, capsys, monkeypatch
):
    IPython = pytest.importorskip("IPython")
    shown = []
    handle = SimpleNamespace(update=lambda html: shown.append(html.data))
    monkeypatch.setattr(IPython.display, "display", lambda html, display_id: handle)
    monkeypatch.setattr(progress._Stderr, "is_jupyter", True, raising=False)
    monkeypatch.setattr(progress._Stderr, "__init__", lambda self, **given: None)
    monkeypatch.setattr(progress._Stderr, "is_terminal", False, raising=False)
    bar = Progress(SimpleNamespace(steps=100, step=0), None, 0.0)
    bar.update({"step": 10, "D/<adv>": 0.5}, 1.0)
    assert shown == []
    time.now = progress.CELL_EVERY
    bar.update({"step": 50, "D/<adv>": 0.5}, 5.0)
    bar.update({"step": 100, "D/<adv>": 0.25}, 10.0)
    bar.close()
    assert shown == [
        '<progress value="0.500"></progress> step 50/100  5 s left  D/&lt;adv&gt; 0.5',
        '<progress value="1.000"></progress> step 100/100  0 s left  D/&lt;adv&gt; 0.25',
    ]
    assert said(capsys) == ""


def test_the_time_left_is_judged_by_this_sitting_alone(time, capsys):
    bar = Progress(SimpleNamespace(steps=100, step=50), None, 1000.0)
    time.now = PLAIN_EVERY
    bar.update({"step": 60}, 1010.0)
    assert said(capsys).startswith("step 60/100  40 s left")


def test_a_run_by_the_clock_counts_down(time, capsys):
    bar = Progress(SimpleNamespace(steps=10**9, step=0), 2.0, 30.0)
    time.now = PLAIN_EVERY
    bar.update({"step": 60}, 45.0)
    assert said(capsys).startswith("step 60  1 min 15 s left")
    time.now *= 2
    bar.update({"step": 70}, 130.0)
    assert said(capsys).startswith("step 70  0 s left")


def test_the_end_of_a_run_by_the_clock_is_judged_by_steps_once_it_is_fixed(time, capsys):
    trainer = SimpleNamespace(steps=10**9, step=0)
    bar = Progress(trainer, 2.0, 0.0)
    trainer.steps = 200  # the time was half over at step 100
    time.now = PLAIN_EVERY
    bar.update({"step": 110}, 110.0)
    assert said(capsys).startswith("step 110/200  1 min 30 s left")


def test_the_time_left_follows_the_last_minute(time, capsys):
    bar = Progress(SimpleNamespace(steps=1000, step=0), None, 0.0)
    for step in range(1, 11):
        bar.update({"step": 10 * step}, 10.0 * step)  # a second each
    for step in range(1, 13):
        time.now += PLAIN_EVERY
        bar.update({"step": 100 + step}, 100.0 + 10 * step)
    lines = said(capsys).splitlines()
    assert lines[0].startswith("step 101/1000  17 min 38 s left")
    assert lines[-1].startswith("step 112/1000  2 h 28 min left  (steps take 10 times as long")


def test_a_terminal_gets_a_bar_that_is_taken_down(time, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    bar = Progress(SimpleNamespace(steps=100, step=0), None, 0.0)
    assert bar.live is not None
    bar.update({"step": 10}, 5.0)
    assert bar.done == 0.1
    bar.close()
    assert bar.live.is_started is False


@pytest.mark.parametrize("metric", ["cFID (quick)", "distance of average log spectra, dB"])
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_step_time_left_and_score_have_room_in_every_terminal(width, metric, time):
    bar = Progress(SimpleNamespace(steps=100_000, step=0), None, 0.0)
    bar.set_score({"metric": metric, "value": 123.456})
    bar.update({"step": 12_340, "D/adv": 0.5, "D/penalty": 0.125, "G/adv": 1.5}, 12_340.0)
    bar.console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    bar.console.print(bar._bar())
    line, rest = bar.console.file.getvalue().split("\n")
    assert rest == ""
    assert len(line) <= width
    assert line.startswith("step 12340/100000  ")
    assert "  24 h 21 min left  " in line
    assert f"  {metric if width > 60 else metric[:12]}" in line
    assert " 123" in line
    assert ("━" in line) == (width >= (80 if metric == "cFID (quick)" else 100))
    assert ("  G/adv 1.5" in line) == (width == 120 and metric == "cFID (quick)")


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of its own")
@pytest.mark.parametrize("kind", ["pipe", "terminal"])
def test_a_run_goes_on_when_whoever_reads_its_progress_has_left(kind, time, monkeypatch, capsys):
    reader, writer = os.pipe() if kind == "pipe" else os.openpty()
    with os.fdopen(writer, "w") as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        bar = Progress(SimpleNamespace(steps=100, step=0), None, 0.0)
        os.close(reader)
        for step in (10, 20, 30):
            time.now += PLAIN_EVERY
            bar.update({"step": step, "D/adv": 0.5}, 5.0)
        bar.close()
        stderr.write("nobody reads this\n")
        stderr.flush()
    print("stdout is still there")
    assert capsys.readouterr().out == "stdout is still there\n"

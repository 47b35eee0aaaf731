"""Progress of a run: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gansmith.core.files import survive_closed_stderr
from gansmith.core.trainer import Trainer
from gansmith.runs.config import ENDLESS

PLAIN_EVERY = 10.0  # seconds between plain lines
WINDOW = 60.0  # seconds whose pace says how long the rest will take


class Progress:
    """Shows step, losses, score and the remaining time.

    minutes: the length of the run, if it is ended by the clock.
    earlier: seconds of earlier sessions.
    """

    def __init__(self, trainer: Trainer, minutes: float | None, earlier: float) -> None:
        self.trainer, self.minutes = trainer, minutes
        self.latest = deque([(trainer.step, earlier)])  # steps of the last minute, and their time
        self.quickest = math.inf  # seconds per step
        self.score = ""
        self.last_line = time.monotonic()
        console = _Stderr(stderr=True)
        self.bar: Bar | None = None
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                TextColumn("{task.fields[tail]}", markup=False),
            )
            self.bar = Bar(*columns, console=console)
            self.task = self.bar.add_task("starting", total=1.0, tail="")
            with survive_closed_stderr():
                self.bar.start()
        self.console = console

    def set_score(self, score: dict[str, Any]) -> None:
        """Set the newest score."""
        self.score = f"{score['metric']} {score['value']:.3g}"

    @survive_closed_stderr()
    def update(self, line: dict[str, float], seconds: float) -> None:
        """Show a log line."""
        step, steps = int(line["step"]), self.trainer.steps
        pace, slower = self._pace(step, seconds)
        if self.minutes is None or steps < ENDLESS:  # a run by the clock may have fixed its end
            done, left, of = step / steps, (steps - step) * pace, f"/{steps}"
        else:
            done, of = seconds / (60 * self.minutes), ""
            left = max(60 * self.minutes - seconds, 0.0)
        losses = "  ".join(f"{k} {v:.3g}" for k, v in line.items() if k != "step" and v)
        tail = f"{format_duration(left)} left{slower}  {losses}  {self.score}"
        if self.bar:
            self.bar.update(
                self.task, completed=min(done, 1.0), description=f"step {step}{of}", tail=tail
            )
        elif time.monotonic() - self.last_line >= PLAIN_EVERY:
            self.last_line = time.monotonic()
            self.console.print(
                f"step {step}{of}  {tail}", markup=False, highlight=False, soft_wrap=True
            )

    def _pace(self, step: int, seconds: float) -> tuple[float, str]:
        """Seconds per step in the last minute, and a remark where they have become many more."""
        self.latest.append((step, seconds))
        while len(self.latest) > 2 and seconds - self.latest[1][1] >= WINDOW:
            self.latest.popleft()
        first, began = self.latest[0]
        pace = (seconds - began) / max(step - first, 1)
        if seconds - began >= WINDOW / 2:  # a sample sheet takes no large part of it
            self.quickest = min(self.quickest, pace)
        slower = pace / self.quickest
        return pace, f" (steps take {slower:.0f} times as long as before)" if slower > 3 else ""

    @survive_closed_stderr()
    def close(self) -> None:
        """Restore the terminal."""
        if self.bar:
            self.bar.stop()


class _Stderr(Console):
    def on_broken_pipe(self) -> None:
        """Let the error through: rich would close stdout too, and end the program."""
        raise


def format_duration(seconds: float) -> str:
    """Seconds for people: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

"""Progress of a run: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gansmith.core.trainer import Trainer

PLAIN_EVERY = 10.0  # seconds between plain lines


class Progress:
    """Shows step, losses, score and the remaining time.

    minutes: the length of the run, if it is ended by the clock.
    earlier: seconds of earlier sessions.
    """

    def __init__(self, trainer: Trainer, minutes: float | None, earlier: float) -> None:
        self.steps, self.minutes = trainer.steps, minutes
        self.start, self.earlier = trainer.step, earlier
        self.score = ""
        self.last_line = time.monotonic()
        console = Console(stderr=True)
        self.bar: Bar | None = None
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                TextColumn("{task.fields[tail]}"),
            )
            self.bar = Bar(*columns, console=console)
            self.task = self.bar.add_task("starting", total=1.0, tail="")
            self.bar.start()
        self.console = console

    def set_score(self, score: dict[str, Any]) -> None:
        """Set the newest score."""
        self.score = f"{score['metric']} {score['value']:.3g}"

    def update(self, line: dict[str, float], seconds: float) -> None:
        """Show a log line."""
        step = int(line["step"])
        done = step / self.steps if self.minutes is None else seconds / (60 * self.minutes)
        sitting = max(seconds - self.earlier, 1e-9)
        if self.minutes is None:
            left = (self.steps - step) * sitting / max(step - self.start, 1)
        else:
            left = max(60 * self.minutes - seconds, 0.0)
        of = f"/{self.steps}" if self.minutes is None else ""
        losses = "  ".join(f"{k} {v:.3g}" for k, v in line.items() if k != "step" and v)
        tail = f"{format_duration(left)} left  {losses}  {self.score}"
        if self.bar:
            self.bar.update(
                self.task, completed=min(done, 1.0), description=f"step {step}{of}", tail=tail
            )
        elif time.monotonic() - self.last_line >= PLAIN_EVERY:
            self.last_line = time.monotonic()
            self.console.print(f"step {step}{of}  {tail}", highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Restore the terminal."""
        if self.bar:
            self.bar.stop()


def format_duration(seconds: float) -> str:
    """Seconds for people: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

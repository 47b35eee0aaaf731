"""What a person sees while a run is played: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gansmith.trainer import Trainer

PLAIN_EVERY = 10.0  # seconds between plain lines


class Progress:
    """Shows step, losses, score and the time that is left.

    minutes: the clock's bound, if that is what ends the run.
    earlier: seconds of earlier sittings.
    """

    def __init__(self, trainer: Trainer, minutes: float | None, earlier: float) -> None:
        self.steps, self.minutes = trainer.steps, minutes
        self.start, self.earlier = trainer.step, earlier
        self.score = ""
        self.told = time.monotonic()
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

    def scored(self, score: dict[str, Any]) -> None:
        """Take note of the newest score."""
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
        tail = f"{clock(left)} left  {losses}  {self.score}"
        if self.bar:
            self.bar.update(
                self.task, completed=min(done, 1.0), description=f"step {step}{of}", tail=tail
            )
        elif time.monotonic() - self.told >= PLAIN_EVERY:
            self.told = time.monotonic()
            self.console.print(f"step {step}{of}  {tail}", highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self.bar:
            self.bar.stop()


def clock(seconds: float) -> str:
    """Seconds as a person says them: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

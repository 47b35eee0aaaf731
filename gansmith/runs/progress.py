"""Progress of a run: a bar in a terminal and in a notebook, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections import deque
from html import escape
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gansmith.core.files import survive_closed_stderr
from gansmith.core.trainer import Trainer
from gansmith.runs.config import ENDLESS

PLAIN_EVERY = 10.0  # seconds between plain lines
CELL_EVERY = 0.2  # seconds between two states of the bar in a notebook
WINDOW = 60.0  # seconds whose pace says how long the rest will take
GAP = "  "
LONGEST_BAR, SHORTEST_BAR = 24, 8  # characters; a bar that would be shorter is left out


class Progress:
    """Shows step, losses, score and the remaining time.

    minutes: the length of the run, if it is ended by the clock.
    earlier: seconds of earlier sessions.
    """

    def __init__(self, trainer: Trainer, minutes: float | None, earlier: float) -> None:
        self.trainer, self.minutes = trainer, minutes
        self.latest = deque([(trainer.step, earlier)])  # steps of the last minute, and their time
        self.quickest = math.inf  # seconds per step
        self.score = ("", "")  # name and value of the newest score
        self.done = 0.0  # share of the run
        self.facts = ["starting"]  # step and time left
        self.more: list[str] = []  # what is left out where there is no room
        self.last_line = time.monotonic()
        self.console = _Stderr(stderr=True)
        self.live: Live | None = None
        self.cell = _Cell() if self.console.is_jupyter else None
        if self.console.is_terminal:
            self.live = Live(get_renderable=self._bar, console=self.console)
            with survive_closed_stderr():
                self.live.start()

    def set_score(self, score: dict[str, Any]) -> None:
        """Set the newest score."""
        self.score = score["metric"], f"{score['value']:.3g}"

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
        losses = [f"{k} {v:.3g}" for k, v in line.items() if k != "step" and v]
        self.done = min(done, 1.0)
        self.facts = [f"step {step}{of}", f"{format_duration(left)} left"]
        self.more = [fact for fact in (slower, *losses) if fact]
        every = CELL_EVERY if self.cell else PLAIN_EVERY
        if self.live is None and time.monotonic() - self.last_line >= every:
            self.last_line = time.monotonic()
            self._line()

    def _line(self) -> None:
        facts = [*self.facts, " ".join(self.score).strip(), *self.more]
        shown = GAP.join(fact for fact in facts if fact)
        if self.cell:
            self.cell.show(self.done, shown)
        else:
            self.console.print(shown, markup=False, highlight=False, soft_wrap=True)

    def _bar(self) -> Table:
        """The line, as wide as the terminal is now: step, time left and score are always there.

        Where there is no room, the losses are left out first, then the bar, then the end of a long
        name of a score.
        """
        room = self.console.width
        step, *facts = self.facts
        name, value = self.score
        if value:
            longest = room - len(GAP.join([*self.facts, value])) - len(GAP) - 1
            name = name if len(name) <= longest else f"{name[: max(longest - 1, 0)]}…"
            facts.append(f"{name} {value}")
        room -= len(GAP.join([step, *facts]))
        cells: list[Text | ProgressBar] = [Text(step), *map(Text, facts)]
        bar = min(LONGEST_BAR, room - len(GAP))
        if bar >= SHORTEST_BAR:
            cells.insert(1, ProgressBar(1.0, self.done, width=bar))
            room -= len(GAP) + bar
        for fact in self.more:
            room -= len(GAP) + len(fact)
            if room >= 0:
                cells.append(Text(fact))
        line = Table.grid(padding=(0, len(GAP), 0, 0), pad_edge=False)
        line.add_row(*cells)
        return line

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
        return pace, f"(steps take {slower:.0f} times as long as before)" if slower > 3 else ""

    @survive_closed_stderr()
    def close(self) -> None:
        """Restore the terminal; a notebook keeps the last state."""
        if self.live:
            self.live.stop()
        if self.cell:
            self._line()


class _Cell:
    """The output of a notebook's cell, a bar that is replaced in its place."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self.html = HTML
        self.handle = display(HTML("starting"), display_id=True)

    def show(self, done: float, line: str) -> None:
        """Show the share of the run that is done, and a line."""
        self.handle.update(self.html(f'<progress value="{done:.3f}"></progress> {escape(line)}'))


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

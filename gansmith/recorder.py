"""What is written while a run is played: log, sample sheets, best and numbered checkpoints.

Everything but the clock depends on the step alone, so that a resumed run writes the same.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from torch import Tensor

from gansmith import checkpoint, parallel, scoring
from gansmith.data import Dataset
from gansmith.progress import Progress
from gansmith.recipe import constant
from gansmith.showing import write_sheet
from gansmith.trainer import Trainer

LOG_EVERY = 10
KEEP = 2
BEST = "best" + checkpoint.SUFFIX
CLOCK = "clock"  # what ended a run of so many minutes


class Recorder:
    """Watches a trainer and keeps the run folder.

    show: steps between sample sheets, each scored; the best score's state is kept.
    every: seconds between checkpoints, at most.
    metrics: what to score by, see `scoring.score`.
    minutes: stop by the clock, counting the time of earlier sittings. Where the learning rate
        falls towards the last step, that step is fixed when half of the time has gone.
    """

    def __init__(
        self,
        folder: Path,
        dataset: Dataset,
        *,
        show: int,
        every: float = 60.0,
        minutes: float | None = None,
        metrics: Sequence[str] = (),
    ) -> None:
        self.metrics = tuple(metrics)
        self.folder, self.dataset, self.show, self.every = folder, dataset, show, every
        self.minutes = minutes
        self.end: int | None = None  # the last step of a run by the clock, once it is fixed
        self.best: dict[str, Any] | None = None
        self.seconds = 0.0
        self.stopped = ""  # by which signal, or by the clock
        self.fresh = True
        self.chief = parallel.rank() == 0

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints are."""
        return self.folder / "checkpoints"

    def restore(self, trainer: Trainer) -> str:
        """Take the newest readable checkpoint back; what had to be passed over, if anything."""
        tensors: dict[str, Tensor] = {}

        def newest() -> tuple[dict[str, Any] | None, float, str]:
            """The numbers of the newest readable checkpoint, the clock, and what to tell."""
            known = checkpoint.newest_first(self.checkpoints)
            found = next(checkpoint.readable(self.checkpoints, trainer.device), None)
            if found is None and known:
                raise checkpoint.CheckpointError(
                    f"none of the {len(known)} checkpoints in {self.checkpoints} can be read; "
                    "begin the run anew in another folder"
                )
            if found is None:
                return None, 0.0, ""
            path, values, numbers = found
            tensors.update(values)
            told = ""
            if path != known[0]:
                bad = _set_aside(known[: known.index(path)])
                told = f"{bad} could not be read; going on from {path.name}"
            return numbers, read_clock(self.folder), told

        numbers, seconds, told = parallel.first(newest)
        if numbers is not None:
            trainer.load(parallel.spread(tensors, trainer.device), numbers)
            self.best, self.seconds = numbers["best"], seconds
            self.fresh = False
            if self.minutes is not None and self.minutes == numbers.get("minutes"):
                self._end_at(trainer, numbers["end"])
        if self.chief:
            checkpoint.sweep(self.folder)
            _cut_log(self.folder / "log.jsonl", -1 if self.fresh else trainer.step)
        return told

    def run(self, trainer: Trainer) -> None:
        """Play to the trainer's last step, or until the clock, Ctrl-C or SIGTERM ends it."""
        if self.chief:
            self.folder.mkdir(parents=True, exist_ok=True)
        began = saved = time.monotonic()
        earlier = self.seconds
        progress = Progress(trainer, self.minutes, earlier) if self.chief else None
        with _closing(progress), _signals() as received:

            def watch(trainer: Trainer, terms: dict[str, Tensor]) -> bool:
                nonlocal saved
                self.seconds = earlier + time.monotonic() - began
                self._write(trainer, terms, progress)
                if self._over(trainer, received):
                    return True
                if time.monotonic() - saved >= self.every:
                    self.save(trainer)
                    saved = time.monotonic()
                return False

            if self.fresh:
                self.look(trainer, progress)
                self.save(trainer)
            trainer.fit(watch=[watch])
            self.save(trainer)
            if self.stopped in ("", CLOCK):
                self.sheet(trainer)

    def _write(self, trainer: Trainer, terms: dict[str, Tensor], bar: Progress | None) -> None:
        if trainer.step % LOG_EVERY == 0:
            line = {"step": trainer.step} | trainer.log(terms)
            if self.chief:
                checkpoint.append(self.folder / "log.jsonl", json.dumps(line))
            if bar:
                bar.update(line, self.seconds)
        if trainer.step % self.show == 0:
            self.look(trainer, bar)

    def look(self, trainer: Trainer, bar: Progress | None = None) -> None:
        """Write a sample sheet, score the players, and keep the best so far."""
        if not self.chief:
            return
        self.sheet(trainer)
        with trainer.averages.playing(trainer.game) as game:
            score = scoring.score(game, self.dataset, trainer.seed, self.metrics)
        line = json.dumps({"step": trainer.step} | score)
        checkpoint.append(self.folder / "scores.jsonl", line)
        if bar:
            bar.scored(score)
        if trainer.step and scoring.beats(score, self.best):
            self.best = {"step": trainer.step} | score
            self._put(trainer, self.checkpoints / BEST)

    def sheet(self, trainer: Trainer) -> None:
        """Write a sample sheet of the averaged players."""
        if self.chief:
            with trainer.averages.playing(trainer.game) as game:
                write_sheet(self.folder / "samples", trainer.step, game, self.dataset, trainer.seed)

    def save(self, trainer: Trainer) -> None:
        """Write a numbered checkpoint and thin the older ones."""
        if not self.chief:
            return
        self._put(trainer, self.checkpoints / f"{trainer.step:08d}{checkpoint.SUFFIX}")
        _write_clock(self.folder, self.seconds)
        checkpoint.thin(self.checkpoints, KEEP)

    def _put(self, trainer: Trainer, path: Path) -> None:
        tensors, numbers = trainer.state()
        clock = {} if self.minutes is None else {"minutes": self.minutes, "end": self.end}
        checkpoint.write(path, tensors, numbers | {"best": self.best} | clock)

    def _over(self, trainer: Trainer, received: list[int]) -> bool:
        if parallel.agree(bool(received), trainer.device):
            self.stopped = signal.Signals(received[0] if received else signal.SIGTERM).name
        elif self.minutes is not None and self._late(trainer, 60 * self.minutes):
            self.stopped = CLOCK
        return bool(self.stopped)

    def _late(self, trainer: Trainer, seconds: float) -> bool:
        """Whether the time is up; where the rate falls, whether the step fixed halfway is reached.

        A falling rate is measured against the last step, and stays as it is in the first half; so
        the step that is fixed then gives the very run that --steps would have given.
        """
        if trainer.schedule is constant:
            return parallel.agree(self.seconds >= seconds, trainer.device)
        if self.end is None and parallel.agree(self.seconds >= seconds / 2, trainer.device):
            self._end_at(trainer, 2 * trainer.step)
        return trainer.step == self.end

    def _end_at(self, trainer: Trainer, step: int | None) -> None:
        self.end = step
        if step is not None:
            trainer.steps = step


@contextmanager
def _closing(bar: Progress | None) -> Iterator[None]:
    """Leave the terminal as it was, however the run ends."""
    try:
        yield
    finally:
        if bar:
            bar.close()


def _set_aside(bad: list[Path]) -> str:
    """Rename what cannot be read, so that it is never taken for a checkpoint again; its names."""
    for path in bad:
        path.rename(path.with_suffix(".unreadable"))
    return ", ".join(path.name for path in bad)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM, so that the step they arrive in is finished and saved.

    A second Ctrl-C interrupts at once.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut_log(path: Path, step: int) -> None:
    """Drop the lines after a step, and a line that a kill left unfinished."""
    for file in (path, path.with_name("scores.jsonl")):
        if not file.exists():
            continue
        lines = []
        for line in file.read_text().splitlines(keepends=True):
            if line.endswith("\n") and json.loads(line)["step"] <= step:
                lines.append(line)
        checkpoint.replace(file, "".join(lines).encode())


def _write_clock(folder: Path, seconds: float) -> None:
    checkpoint.replace(folder / "clock.json", json.dumps({"seconds": seconds}).encode())


def read_clock(folder: Path) -> float:
    """Seconds that a run was played for, all sittings together."""
    path = folder / "clock.json"
    return json.loads(path.read_text())["seconds"] if path.exists() else 0.0

"""What is written during a run: log, sample sheets, best and numbered checkpoints.

Everything but the clock depends on the step alone, so that a run resumed on the same machine, with
the same build of PyTorch and number of threads, writes the same.
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

from gansmith.core import distributed
from gansmith.core.files import append_line, remove_temporary, write_atomic
from gansmith.core.recipe import constant
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset
from gansmith.evaluation import select
from gansmith.modalities.sheet import sheet_of
from gansmith.runs import checkpoint
from gansmith.runs.progress import Progress

LOG_EVERY = 10
KEEP = 2
BEST = "best" + checkpoint.SUFFIX
CLOCK = "clock"  # why a run of --minutes ended


class Recorder:
    """Runs a trainer and writes the run folder.

    sample_every: steps between sample sheets, each scored; the state with the best score is kept.
    checkpoint_seconds: seconds between checkpoints, at most.
    metrics: what to score by, see `select.score`.
    minutes: stop by the clock, counting the time of earlier sessions. Where the learning rate
        falls towards the last step, that step is fixed when half of the time has passed.
    """

    def __init__(
        self,
        folder: Path,
        dataset: Dataset,
        *,
        sample_every: int,
        checkpoint_seconds: float = 60.0,
        minutes: float | None = None,
        metrics: Sequence[str] = (),
    ) -> None:
        self.metrics = tuple(metrics)
        self.folder, self.dataset, self.sample_every, self.checkpoint_seconds = (
            folder,
            dataset,
            sample_every,
            checkpoint_seconds,
        )
        self.minutes = minutes
        self.end: int | None = None  # the last step of a run by the clock, once it is fixed
        self.best: dict[str, Any] | None = None
        self.seconds = 0.0
        self.stopped = ""  # by which signal, or by the clock
        self.fresh = True
        self.is_main = distributed.rank() == 0

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.folder / "checkpoints"

    def restore(self, trainer: Trainer) -> str:
        """Resume from the newest readable checkpoint; a message if any had to be skipped."""
        tensors: dict[str, Tensor] = {}

        def newest() -> tuple[dict[str, Any] | None, float, str]:
            """The numbers of the newest readable checkpoint, the clock, and a message."""
            known = checkpoint.newest_first(self.checkpoints)
            found = next(checkpoint.readable(self.checkpoints, trainer.device), None)
            if found is None and known:
                raise checkpoint.CheckpointError(
                    f"none of the {len(known)} checkpoints in {self.checkpoints} can be read; "
                    "start the run again in another folder"
                )
            if found is None:
                return None, 0.0, ""
            path, values, numbers = found
            tensors.update(values)
            message = ""
            if path != known[0]:
                bad = _set_aside(known[: known.index(path)])
                message = f"{bad} could not be read; resuming from {path.name}"
            return numbers, read_clock(self.folder), message

        numbers, seconds, message = distributed.on_rank_zero(newest)
        if numbers is not None:
            trainer.load(distributed.broadcast_tensors(tensors, trainer.device), numbers)
            self.best, self.seconds = numbers["best"], seconds
            self.fresh = False
            if self.minutes is not None and self.minutes == numbers.get("minutes"):
                self._end_at(trainer, numbers["end"])
        if self.is_main:
            remove_temporary(self.folder, self.folder / "samples", self.checkpoints)
            _cut_log(self.folder / "log.jsonl", -1 if self.fresh else trainer.step)
        return message

    def run(self, trainer: Trainer) -> None:
        """Train to the last step, or until the clock, Ctrl-C or SIGTERM ends the run."""
        if self.is_main:
            self.folder.mkdir(parents=True, exist_ok=True)
        began = saved = time.monotonic()
        earlier = self.seconds
        progress = Progress(trainer, self.minutes, earlier) if self.is_main else None
        with _closing(progress), _signals() as received:

            def after_step(trainer: Trainer, terms: dict[str, Tensor]) -> bool:
                nonlocal saved
                self.seconds = earlier + time.monotonic() - began
                self._write(trainer, terms, progress)
                if self._is_over(trainer, received):
                    return True
                if time.monotonic() - saved >= self.checkpoint_seconds:
                    self.save(trainer)
                    saved = time.monotonic()
                return False

            if self.fresh:
                self.evaluate_and_keep(trainer, progress)
                self.save(trainer)
            trainer.fit(callbacks=[after_step])
            self.save(trainer)
            if self.stopped in ("", CLOCK):
                self.save_samples(trainer)

    def _write(self, trainer: Trainer, terms: dict[str, Tensor], bar: Progress | None) -> None:
        if trainer.step % LOG_EVERY == 0:
            line = {"step": trainer.step} | trainer.global_means(terms)
            if self.is_main:
                append_line(self.folder / "log.jsonl", json.dumps(line))
            if bar:
                bar.update(line, self.seconds)
        if trainer.step % self.sample_every == 0:
            self.evaluate_and_keep(trainer, bar)

    def evaluate_and_keep(self, trainer: Trainer, bar: Progress | None = None) -> None:
        """Write a sample sheet, score the players, and keep the checkpoint with the best score."""
        if not self.is_main:
            return
        self.save_samples(trainer)
        with trainer.ema.applied(trainer.game) as game:
            score = select.score(game, self.dataset, trainer.seed, self.metrics)
        line = json.dumps({"step": trainer.step} | score)
        append_line(self.folder / "scores.jsonl", line)
        if bar:
            bar.set_score(score)
        if trainer.step and select.is_better(score, self.best):
            self.best = {"step": trainer.step} | score
            self._write_checkpoint(trainer, self.checkpoints / BEST)

    def save_samples(self, trainer: Trainer) -> None:
        """Write a sample sheet of the averaged players."""
        if self.is_main:
            with trainer.ema.applied(trainer.game) as game:
                sheet = sheet_of(game, self.dataset, trainer.seed)
            sheet.write(self.folder / "samples" / f"{trainer.step:08d}")

    def save(self, trainer: Trainer) -> None:
        """Write a numbered checkpoint and remove the oldest."""
        if not self.is_main:
            return
        self._write_checkpoint(trainer, self.checkpoints / f"{trainer.step:08d}{checkpoint.SUFFIX}")
        _write_clock(self.folder, self.seconds)
        checkpoint.prune(self.checkpoints, KEEP)

    def _write_checkpoint(self, trainer: Trainer, path: Path) -> None:
        tensors, numbers = trainer.state()
        clock = {} if self.minutes is None else {"minutes": self.minutes, "end": self.end}
        checkpoint.write(path, tensors, numbers | {"best": self.best} | clock)

    def _is_over(self, trainer: Trainer, received: list[int]) -> bool:
        if distributed.any_rank(bool(received), trainer.device):
            self.stopped = signal.Signals(received[0] if received else signal.SIGTERM).name
        elif self.minutes is not None and self._time_is_up(trainer, 60 * self.minutes):
            self.stopped = CLOCK
        return bool(self.stopped)

    def _time_is_up(self, trainer: Trainer, seconds: float) -> bool:
        """Whether the time is up; where the rate falls, whether the step fixed halfway is reached.

        A falling rate is measured against the last step, and stays as it is in the first half; so
        the step that is fixed then gives the very run that --steps would have given.
        """
        if trainer.schedule is constant:
            return distributed.any_rank(self.seconds >= seconds, trainer.device)
        if self.end is None and distributed.any_rank(self.seconds >= seconds / 2, trainer.device):
            self._end_at(trainer, 2 * trainer.step)
        return trainer.step == self.end

    def _end_at(self, trainer: Trainer, step: int | None) -> None:
        self.end = step
        if step is not None:
            trainer.steps = step


@contextmanager
def _closing(bar: Progress | None) -> Iterator[None]:
    """Restore the terminal, however the run ends."""
    try:
        yield
    finally:
        if bar:
            bar.close()


def _set_aside(bad: list[Path]) -> str:
    """Rename files that cannot be read, so that they are not tried again; their names."""
    for path in bad:
        path.rename(path.with_suffix(".unreadable"))
    return ", ".join(path.name for path in bad)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM, so that the step in progress is finished and saved.

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
    """Drop the lines after a step, and an unfinished last line."""
    for file in (path, path.with_name("scores.jsonl")):
        if not file.exists():
            continue
        lines = []
        for line in file.read_text("utf-8").splitlines(keepends=True):
            if line.endswith("\n") and json.loads(line)["step"] <= step:
                lines.append(line)
        write_atomic(file, "".join(lines).encode())


def _write_clock(folder: Path, seconds: float) -> None:
    write_atomic(folder / "clock.json", json.dumps({"seconds": seconds}).encode())


def read_clock(folder: Path) -> float:
    """Seconds that a run has been trained for, all sessions together."""
    path = folder / "clock.json"
    return json.loads(path.read_text("utf-8"))["seconds"] if path.exists() else 0.0

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
from gansmith.core.files import (
    append_line,
    naming_damage,
    read_json_lines,
    remove_temporary,
    sync_file,
    write_atomic,
)
from gansmith.core.recipe import constant
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset
from gansmith.evaluation import select
from gansmith.modalities.sheet import sheet_of
from gansmith.runs import checkpoint
from gansmith.runs.loggers import Curves
from gansmith.runs.progress import Progress

LOG_EVERY = 10
KEEP = 2
LOG, SCORES, CLOCK_FILE = "log.jsonl", "scores.jsonl", "clock.json"
CLOCK = "clock"  # why a run of --minutes ended
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGBREAK")  # those that the system has


class Recorder:
    """Runs a trainer and writes the run folder.

    sample_every: steps between sample sheets, each scored; the state with the best score is kept.
    checkpoint_seconds: seconds between checkpoints, at most.
    metrics: what to score by, see `select.score`.
    minutes: stop by the clock, counting the time of earlier sessions. Where the learning rate
        falls towards the last step, that step is fixed when half of the time has passed.
    log: where curves go besides the folder, a name in LOGGERS.
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
        log: str | None = None,
    ) -> None:
        self.metrics = tuple(metrics)
        self.folder, self.dataset, self.sample_every, self.checkpoint_seconds = (
            folder,
            dataset,
            sample_every,
            checkpoint_seconds,
        )
        self.minutes = minutes
        self.log, self.reached = log, -1  # the last step in the logs before they were cut
        self.curves: Curves | None = None
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
        """Resume from the latest state that is whole; a message if files had to be passed over.

        Raises CheckpointError when there are checkpoints and all are damaged, or one cannot be
        read for another reason, or holds the players only; DamagedError for a damaged log or
        clock.
        """
        tensors: dict[str, Tensor] = {}

        def newest() -> tuple[dict[str, Any] | None, float, str]:
            """The numbers of the latest whole checkpoint, the clock, and a message."""
            values, numbers, damaged = checkpoint.latest(self.checkpoints, trainer.device)
            if numbers is None and damaged:
                raise checkpoint.CheckpointError(
                    f"none of the {len(damaged)} checkpoints in {self.checkpoints} can be read: "
                    "all are damaged; start the run again in another folder"
                )
            if numbers is None:
                return None, 0.0, ""
            tensors.update(values)
            seconds = read_clock(self.folder)
            message = ""
            if damaged:
                bad = _set_aside(damaged)
                message = f"{bad} could not be read; resuming from step {numbers['step']}"
            return numbers, seconds, message

        numbers, seconds, message = distributed.on_rank_zero(newest)
        if numbers is not None:
            if "draws" not in numbers:
                raise checkpoint.CheckpointError(
                    f"{self.folder} was shared with its players only, so it cannot be resumed; "
                    f"start a new run from it: gansmith train PRESET --from {self.folder}"
                )
            trainer.load(distributed.broadcast_tensors(tensors, trainer.device), numbers)
            self.seconds = seconds
            kept = distributed.on_rank_zero((self.checkpoints / checkpoint.BEST).exists)
            self.best = numbers["best"] if kept else None
            self.fresh = False
            if self.minutes is not None and self.minutes == numbers.get("minutes"):
                self._end_at(trainer, numbers["end"])
        if self.is_main:
            remove_temporary(self.folder, self.folder / "samples", self.checkpoints)
            self.reached = max([line["step"] for line in _lines(self.folder)], default=-1)
            _cut_logs(self.folder, -1 if self.fresh else trainer.step)
        return message

    def run(self, trainer: Trainer) -> None:
        """Train to the last step, or until the clock or a signal, such as Ctrl-C, ends the run."""
        if self.is_main:
            self.folder.mkdir(parents=True, exist_ok=True)
        began = saved = time.monotonic()
        earlier = self.seconds
        progress = Progress(trainer, self.minutes, earlier) if self.is_main else None
        if self.is_main and self.log:
            self.curves = Curves(self.log, self.folder, self.reached, _lines(self.folder))
        with _closing(progress), _closing(self.curves), _signals() as received:

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
                append_line(self.folder / LOG, json.dumps(line))
                if self.curves:
                    self.curves.line(line)
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
        line = {"step": trainer.step} | score
        append_line(self.folder / SCORES, json.dumps(line))
        if self.curves:
            self.curves.line(line)
        if bar:
            bar.set_score(score)
        if trainer.step and select.is_better(score, self.best):
            self.best = {"step": trainer.step} | score
            self._write_checkpoint(trainer, self.checkpoints / checkpoint.BEST)

    def save_samples(self, trainer: Trainer) -> None:
        """Write a sample sheet of the averaged players."""
        if self.is_main:
            with trainer.ema.applied(trainer.game) as game:
                sheet = sheet_of(game, self.dataset, trainer.seed)
            path = sheet.write(self.folder / "samples" / f"{trainer.step:08d}")
            if self.curves:
                self.curves.sheet(trainer.step, path)

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
        for file in (LOG, SCORES):  # no line up to this step is lost with the power
            sync_file(self.folder / file)
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
def _closing(open_until_then: Progress | Curves | None) -> Iterator[None]:
    """Restore the terminal and write the curves, however the run ends."""
    try:
        yield
    finally:
        if open_until_then:
            open_until_then.close()


def _set_aside(bad: list[Path]) -> str:
    """Rename files that cannot be read, so that they are not tried again; their names."""
    for path in bad:
        path.rename(path.with_suffix(".unreadable"))
    return ", ".join(path.name for path in bad)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that ask a process to end, so that the step in progress is finished and
    saved. A second Ctrl-C interrupts at once; a signal that is ignored, as nohup asks, stays so.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if received and number == signal.SIGINT:
            raise KeyboardInterrupt
        received.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    asked = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in asked}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut_logs(folder: Path, step: int) -> None:
    """Drop the lines after a step, and an unfinished last line."""
    for name, lines in ((LOG, read_log(folder)), (SCORES, read_scores(folder))):
        if (folder / name).exists():
            kept = (f"{json.dumps(line)}\n" for line in lines if line["step"] <= step)
            write_atomic(folder / name, "".join(kept).encode())


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The loss terms of a run, a dict for each line of its log."""
    return read_json_lines(folder / LOG, step=int)


def read_scores(folder: Path) -> list[dict[str, Any]]:
    """The scores of a run, a dict for each time that it was scored."""
    return read_json_lines(folder / SCORES, step=int, value=(int, float), metric=str)


def _lines(folder: Path) -> list[dict[str, Any]]:
    return read_log(folder) + read_scores(folder)


def _write_clock(folder: Path, seconds: float) -> None:
    write_atomic(folder / CLOCK_FILE, json.dumps({"seconds": seconds}).encode())


def read_clock(folder: Path) -> float:
    """Seconds that a run has been trained for, all sessions together."""
    path = folder / CLOCK_FILE
    if not path.exists():
        return 0.0
    with naming_damage(path, "Remove it: the time is then counted anew"):
        return float(json.loads(path.read_text("utf-8"))["seconds"])

"""Curves of a run elsewhere: TensorBoard, trackio, Weights & Biases.

The run's own log.jsonl and scores.jsonl stay what counts; nothing is ever read from a logger.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from gansmith.core.extras import install
from gansmith.core.files import naming_damage, write_atomic
from gansmith.core.suggest import unknown_name

FILE = "logger.json"  # of the logger in use: the name of the run there, and what it has had
PROJECT = "gansmith"
PICTURES = (".png", ".gif")


class Logger(Protocol):
    """Where numbers and sample sheets go; steps never fall."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Terms of the losses, or scores, of a step."""
        ...

    def sheet(self, step: int, path: Path) -> None:
        """The sample sheet of a step, a picture or a text."""
        ...

    def close(self) -> None:
        """Write what is not written yet."""
        ...


class TensorBoard:
    """Event files in RUN/tensorboard; `tensorboard --logdir runs` shows all runs."""

    def __init__(self, folder: Path, run: str) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer: Any = SummaryWriter(str(folder / "tensorboard"))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """As in `Logger`; on the disk at once."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def sheet(self, step: int, path: Path) -> None:
        """As in `Logger`."""
        if path.suffix in PICTURES:
            self.writer.add_image("samples", _pixels(path), step, dataformats="HWC")
        else:  # Markdown shows lines as they are where they are indented
            lines = path.read_text("utf-8").splitlines()
            self.writer.add_text("samples", "\n".join(f"    {line}" for line in lines), step)

    def close(self) -> None:
        """As in `Logger`."""
        self.writer.close()


class Tracker:
    """trackio or wandb, which have one interface; a sheet of text is not passed on.

    run: the name that the run has there; a run that is resumed goes on under it.
    """

    def __init__(self, module: Any, run: str, **options: Any) -> None:
        self.module = module
        module.init(project=PROJECT, name=run, resume="allow", **options)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """As in `Logger`."""
        self.module.log(dict(values), step=step)

    def sheet(self, step: int, path: Path) -> None:
        """As in `Logger`."""
        if path.suffix in PICTURES:
            self.module.log({"samples": self.module.Image(_pixels(path))}, step=step)

    def close(self) -> None:
        """As in `Logger`."""
        self.module.finish()


def _trackio(folder: Path, run: str) -> Logger:
    return Tracker(import_module("trackio"), run)


def _wandb(folder: Path, run: str) -> Logger:
    """Without a network, unless WANDB_MODE asks for it."""
    mode = os.environ.get("WANDB_MODE", "offline")
    if mode == "offline":
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    wandb = import_module("wandb")
    quiet = wandb.Settings(silent=True, console="off")
    return Tracker(wandb, run, id=run, mode=mode, settings=quiet)


LOGGERS: dict[str, Callable[[Path, str], Logger]] = {
    "tensorboard": TensorBoard,
    "trackio": _trackio,
    "wandb": _wandb,
}


def check_logger(name: str | None) -> None:
    """Raises ValueError for a logger that there is not, ImportError for one not installed."""
    if name is None:
        return
    if name not in LOGGERS:
        raise ValueError(unknown_name("log", name, LOGGERS))
    try:
        distribution(name)
    except PackageNotFoundError:
        raise ImportError(f"--log {name} needs the package {name}: {install(name)}") from None


class Curves:
    """Passes on to a logger what it has not had yet, so that a resumed run repeats nothing.

    reached: the last step in the logs of the run's folder before they were cut for resuming.
    lines: of log.jsonl and scores.jsonl since; a logger that comes later has them at once.
    """

    def __init__(
        self, name: str, folder: Path, reached: int, lines: Iterable[Mapping[str, Any]]
    ) -> None:
        known = _read(folder / FILE, name)
        run = known.get("run", f"{folder.resolve().name}-{uuid.uuid4().hex[:6]}")
        self.had = max(known["had"], reached) if known else -1
        self.sheet_step = self.had
        page = {"log": name, "run": run, "had": self.had}
        write_atomic(folder / FILE, json.dumps(page).encode())
        self.logger = LOGGERS[name](folder, run)
        for line in sorted(lines, key=lambda line: line["step"]):
            self.line(line)

    def line(self, line: Mapping[str, Any]) -> None:
        """A line of log.jsonl or of scores.jsonl."""
        values = {name: value for name, value in line.items() if name != "step"}
        if "metric" in line:
            scores = line.get("numbers") or {line["metric"]: line["value"]}
            values = {f"score/{name}": value for name, value in scores.items()}
        if line["step"] > self.had:
            self.logger.scalars(line["step"], values)

    def sheet(self, step: int, path: Path) -> None:
        """As in `Logger`; the last sheet of a run may be that of its last score."""
        if step > self.sheet_step:
            self.sheet_step = step
            self.logger.sheet(step, path)

    def close(self) -> None:
        """As in `Logger`."""
        self.logger.close()


def _read(path: Path, name: str) -> dict[str, Any]:
    """What is known of this logger; nothing where there was none, or another."""
    if not path.exists():
        return {}
    with naming_damage(path, "Remove it: the curves then begin anew"):
        known = json.loads(path.read_text("utf-8"))
        found = {"log": str(known["log"]), "run": str(known["run"]), "had": int(known["had"])}
    return found if found["log"] == name else {}


def _pixels(path: Path) -> Any:
    """A picture, of a GIF the first frame, (H, W, 3) uint8."""
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))

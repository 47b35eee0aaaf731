"""What a run will cost, found before it starts: time, and room on the disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gansmith.core.trainer import Trainer
from gansmith.runs.recorder import KEEP


@dataclass(frozen=True)
class Estimate:
    """What a run will cost: seconds per step in each stage, per sample sheet with its score, and in
    all; bytes on disk.
    """

    per_step: tuple[float, ...]
    per_sheet: float
    seconds: float
    disk: int


def estimate(trainer: Trainer, sheet: Callable[[Trainer], object], sample_every: int) -> Estimate:
    """Time the first steps of each stage of a trainer that is thrown away afterwards.

    sheet: writes a sample sheet and scores it, every `sample_every` steps and at both ends.
    """
    begun, spent, per_step = 0, 0.0, []
    for stage in trainer.stages:
        length = trainer.steps - begun
        length = max(0, length if stage.steps is None else min(stage.steps, length))
        trainer.step = begun
        if length:
            trainer.train_step()
            began = time.perf_counter()
            trainer.train_step()
            per_step.append(time.perf_counter() - began)
            spent += length * per_step[-1]
        begun += length
    sheet(trainer)  # what is read once, such as the statistics of real examples, stays in memory
    began = time.perf_counter()
    sheet(trainer)
    per_sheet = time.perf_counter() - began
    spent += per_sheet * (2 + (trainer.steps - 1) // sample_every)
    return Estimate(tuple(per_step), per_sheet, spent, disk_needed(trainer))


def disk_needed(trainer: Trainer) -> int:
    """Bytes of the checkpoints that a run keeps, and a little for the rest of its folder."""
    tensors, _ = trainer.state()
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    return (KEEP + 2) * size + 2**20


def check_disk(folder: Path, needed: int) -> None:
    """Raises OSError when the disk has fewer bytes free than a run needs."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise OSError(
            f"the run needs about {needed / 1e6:.0f} MB in {folder}, and "
            f"{free / 1e6:.0f} MB are free; make room or choose another --out"
        )

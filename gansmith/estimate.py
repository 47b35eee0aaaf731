"""What a run will cost, found before it starts: time, and room on the disk."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from gansmith.recorder import KEEP
from gansmith.trainer import Trainer


@dataclass(frozen=True)
class Estimate:
    """What a run will cost: seconds per step in each stage, in all, and bytes on disk."""

    per_step: tuple[float, ...]
    seconds: float
    disk: int


def estimate(trainer: Trainer) -> Estimate:
    """Time the first steps of each stage of a trainer that is thrown away afterwards."""
    begun, spent, per_step = 0, 0.0, []
    for stage in trainer.stages:
        length = trainer.steps - begun
        length = max(0, length if stage.steps is None else min(stage.steps, length))
        trainer.step = begun
        if length:
            trainer.play()
            began = time.perf_counter()
            trainer.play()
            per_step.append(time.perf_counter() - began)
            spent += length * per_step[-1]
        begun += length
    tensors, _ = trainer.state()
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    return Estimate(tuple(per_step), spent, (KEEP + 2) * size + 2**20)


def check_room(folder: Path, estimate: Estimate) -> None:
    """Raises OSError when the disk has no room for the run, before anything is written."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < estimate.disk:
        raise OSError(
            f"the run needs about {estimate.disk / 1e6:.0f} MB in {folder}, and "
            f"{free / 1e6:.0f} MB are free; make room or choose another --out"
        )

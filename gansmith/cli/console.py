"""What commands print, and how they open a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from gansmith.runs.run import Run

console = Console(highlight=False, soft_wrap=True)


def say(line: object) -> None:
    """A line for the person, without colours or wrapping; only the first process speaks."""
    from gansmith.core import distributed

    if distributed.rank() == 0:
        console.print(str(line), markup=False)


def open_run(folder: Path, which: str = "best") -> Run:
    """The run of a folder, at a checkpoint."""
    from gansmith.runs.run import Run

    return Run.open(folder).choose(which)

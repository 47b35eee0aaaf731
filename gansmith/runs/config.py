"""The options of a run, as JSON in its folder before step 0."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from gansmith.core.files import write_atomic
from gansmith.version import __version__

FILE = "config.json"
ENDLESS = 10**9  # steps of a run that the clock ends
EARLIER = "show"  # a key of the first layout of run folders
ANEW = "it is of an earlier Gansmith; train the run anew, with the same preset, data and seed"


@dataclass
class Config:
    """All options of a run; resuming and sampling read this alone.

    preset, keywords: the preset's name (or file.py:function) and all its resolved keywords.
    data, options: the data's name or path, and how it was opened.
    spec: the description of the data, with its fingerprint.
    steps: length of the run; with `minutes`, a bound until the run has ended by the clock.
    began_from: the run whose players this one started with, or None.
    sample_every: steps between two sample sheets, each of them scored. metrics: what to score by,
    if not by the default score; the first selects the best checkpoint.
    versions: what the last bits depend on: the versions of Gansmith, torch and Python, the
    processor's instructions, the device, the numbers of threads and of processes.
    """

    preset: str
    keywords: dict[str, Any]
    data: str
    options: dict[str, Any]
    spec: dict[str, Any]
    seed: int = 0
    steps: int = 1000
    minutes: float | None = None
    micro: int = 1
    precision: str = "float32"
    clip: float | None = None
    compile: bool = False
    channels_last: bool = False
    sample_every: int = 250
    metrics: list[str] = field(default_factory=list)
    began_from: str | None = None
    versions: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write config.json whole."""
        write_atomic(folder / FILE, (json.dumps(asdict(self), indent=2) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Config:
        """Read config.json.

        Raises FileNotFoundError when the folder holds no run, ValueError when the file is
        damaged or from a newer version.
        """
        path = folder / FILE
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder} is not a run: it has no {FILE}. `gansmith list runs` shows what there is"
            )
        try:
            page = json.loads(path.read_text("utf-8"))
            known = {part.name for part in fields(cls)}
            if EARLIER in page:
                raise ValueError(f"its settings have names that are no longer used: {ANEW}")
            if unknown := sorted(set(page) - known):
                raise ValueError(
                    f"it has the unknown {', '.join(unknown)}; it was written by Gansmith "
                    f"{page.get('versions', {}).get('gansmith', '?')}, this is {__version__}"
                )
            return cls(**page)
        except (ValueError, TypeError, AttributeError) as error:
            advice = "" if ANEW in str(error) else ". Restore it, or use the Gansmith that wrote it"
            raise ValueError(f"{path} cannot be read: {error}{advice}") from None

"""The options of a run, as JSON in its folder before step 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any

from gansmith.core.files import naming_damage, write_atomic
from gansmith.core.python_file import in_python_file
from gansmith.data.names import parse_name
from gansmith.data.spec import DataSpec
from gansmith.presets import is_file
from gansmith.version import __version__

FILE = "config.json"
ENDLESS = 10**9  # steps of a run that the clock ends
EARLIER = "show"  # a key of the first layout of run folders
ANEW = "train the run anew, with the same preset, data and seed"
ADVICE = "Restore it, or use the Gansmith that wrote it"
TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("preset", "data", "precision"), str),
    **dict.fromkeys(("keywords", "options", "spec", "versions", "code"), dict),
    **dict.fromkeys(("seed", "steps", "micro", "sample_every"), int),
    **dict.fromkeys(("compile", "channels_last"), bool),
    **dict.fromkeys(("minutes", "clip"), (int, float, NoneType)),
    "metrics": list,
    **dict.fromkeys(("began_from", "log"), (str, NoneType)),
}


def code_names(preset: str, data: str, metrics: Sequence[str]) -> dict[str, str]:
    """The names file.py:name among these, by what they are: "preset", "data", "metric-1", ..."""
    others = {"data": parse_name(data).base}
    others |= {f"metric-{number}": name for number, name in enumerate(metrics, 1)}
    found = {"preset": preset} if is_file(preset) else {}
    return found | {part: name for part, name in others.items() if in_python_file(name)}


@dataclass
class Config:
    """All options of a run; resuming and sampling read this alone.

    preset, keywords: the preset's name (or file.py:function) and all its resolved keywords.
    data, options: the data's name or path (or file.py:function, or object:TYPE), and how it was
    opened.
    spec: the description of the data, with its fingerprint.
    steps: length of the run; with `minutes`, a bound until the run has ended by the clock.
    began_from: the run whose players this one started with, or None.
    sample_every: steps between two sample sheets, each of them scored. metrics: what to score by,
    if not by the default score; the first selects the best checkpoint.
    log: where curves go besides the run's folder, a name in LOGGERS, or None.
    code: for each of `code_names` the sha256 of its file, first, and of the modules beside it that
    it imports, by name.
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
    log: str | None = None
    code: dict[str, dict[str, str]] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)

    @property
    def code_names(self) -> dict[str, str]:
        """The names file.py:name among these, by what they are: their files are executed in use."""
        return code_names(self.preset, self.data, self.metrics)

    def save(self, folder: Path) -> None:
        """Write config.json whole."""
        write_atomic(folder / FILE, (json.dumps(asdict(self), indent=2) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Config:
        """Read config.json.

        Raises FileNotFoundError when the folder holds no run, DamagedError when the file is
        damaged or from another version.
        """
        path = folder / FILE
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder} is not a run: it has no {FILE}. `gansmith list runs` shows what there is"
            )
        with naming_damage(path, ADVICE):
            page = json.loads(path.read_text(encoding="utf-8"))
            earlier = EARLIER in page
        if earlier:
            raise ValueError(
                f"{path} was written by an earlier Gansmith and cannot be read; {ANEW}"
            )
        with naming_damage(path, ADVICE):
            if unknown := sorted(set(page) - {part.name for part in fields(cls)}):
                raise ValueError(
                    f"this version, {__version__}, does not know its {', '.join(unknown)}; it was "
                    f"written by Gansmith {page.get('versions', {}).get('gansmith', '?')}"
                )
            for name, value in page.items():
                if not isinstance(value, TYPES[name]):
                    raise ValueError(f"its {name} is {value!r}")
            spec = DataSpec.from_json(page["spec"])
            if not (spec.name and spec.fingerprint):
                raise ValueError("its spec has no name or no fingerprint")
            return cls(**page)

"""The files of a run that are shared: enough to use it and to judge it, and no more.

README.md (the card), config.json, checkpoints/best.safetensors with the players, averaged where
they are, and no optimizer state; vocabulary.json and examples.safetensors with the words of the
data and not one of its examples; metrics.json of that state; a sheet of generated samples where
the run needs no condition from the data; the copy of its preset's file, where it is one. Paths of
this machine are reduced to their last names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from torch import Tensor

from gansmith.core.files import naming_damage, write_atomic
from gansmith.core.protocols import ConditionalSampler, Samples
from gansmith.core.python_file import in_python_file
from gansmith.data.examples import EXAMPLES, WORDS, save_examples
from gansmith.data.names import OBJECT, parse_name
from gansmith.data.spread import example_set
from gansmith.modalities import Sheet, modality_of
from gansmith.presets import is_file
from gansmith.runs import checkpoint
from gansmith.runs.config import FILE, Config
from gansmith.runs.run import METRICS, Run
from gansmith.runs.trust import PRESET_COPY
from gansmith.sharing.card import card

CARD = "README.md"
CHECKPOINT = f"checkpoints/{checkpoint.BEST}"
SHEET = "samples"
PATTERNS = (
    CARD, FILE, CHECKPOINT, EXAMPLES, WORDS, METRICS, f"{SHEET}.*", f"{PRESET_COPY}/*"
)  # fmt: skip


def write_bundle(run: Run, folder: Path, name: str, licence: str | None = None) -> list[Path]:
    """Write what is shared of a run, at its chosen checkpoint, into a folder.

    name: what the card calls it, user/name. licence: of the model, for the card.
    Returns the files, sorted. Raises ValueError where a keyword of the run is a file of the
    person's own, FileExistsError where the folder holds other files.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; choose another folder, or remove it")
    config = shared_config(run.config)
    tensors, numbers = run.read(run.which)
    sheet, metrics = _sheet(run), _metrics(run)
    checkpoint.write(folder / CHECKPOINT, players_only(tensors), {"step": numbers["step"]})
    config.save(folder)
    save_examples(example_set(run.examples, 0), folder)
    if metrics:
        write_atomic(folder / METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
    shown = None if sheet is None else sheet.write(folder / SHEET)
    for file, digest in config.code.get("preset", {}).items():
        content = (run.folder / PRESET_COPY / file).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(
                f"{run.folder / PRESET_COPY / file} is not what the run began with; restore it"
            )
        write_atomic(folder / PRESET_COPY / file, content)
    page = card(run, config, metrics, shown, name, licence)
    write_atomic(folder / CARD, page.encode())
    return sorted(path for path in folder.rglob("*") if path.is_file())


def players_only(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of a checkpoint the players, averaged where they are: what is used, and `--from` takes."""
    prefix = "ema.players."
    averaged = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    players = {k: v for k, v in tensors.items() if k.startswith("game.")}
    return {
        **{name: averaged.get(name.removeprefix("game."), v) for name, v in players.items()},
        **{prefix + name: v for name, v in averaged.items()},
    }


def shared_config(config: Config) -> Config:
    """The options of a run without the places of this machine.

    Raises ValueError where a keyword is a file, which would not be there for anybody else.
    """
    for key, value in config.keywords.items():
        if isinstance(value, str) and (Path(value).name != value or Path(value).is_file()):
            raise ValueError(
                f"the run's {key} is {value}, a file of your own, without which nobody can use it: "
                "such a run is not shared"
            )
    data = str(parse_name(config.data).placeless())
    plain = without_places(asdict(without_own_code(replace(config, data=data))))
    if is_file(config.preset):
        plain["preset"] = last_name(config.preset)
    return Config(**plain)


def without_own_code(config: Config) -> Config:
    """The options of a run whose data, and metrics, are in no file of code: only its preset is."""
    data = parse_name(config.data)
    if data.is_code:
        data = replace(data, base=OBJECT + data.base.rpartition(":")[2])
    return replace(
        config,
        data=str(data),
        metrics=[name for name in config.metrics if not in_python_file(name)],
        code={part: files for part, files in config.code.items() if part == "preset"},
    )


def without_places(value: Any) -> Any:
    """Plain JSON with every absolute path in it reduced to its last name."""
    if isinstance(value, dict):
        return {key: without_places(part) for key, part in value.items()}
    if isinstance(value, list):
        return [without_places(part) for part in value]
    absolute = isinstance(value, str) and any(
        form(value).is_absolute() for form in (PurePosixPath, PureWindowsPath)
    )
    return last_name(value) if absolute else value


def last_name(path: str) -> str:
    """The last part of a path of any system."""
    return PureWindowsPath(path).name  # takes both kinds of slashes


def _metrics(run: Run) -> dict[str, Any]:
    """metrics.json, where it is about the state that is shared."""
    path = run.folder / METRICS
    if not path.is_file():
        return {}
    with naming_damage(path, "Measure the run anew: gansmith evaluate RUN"):
        page = without_places(json.loads(path.read_text(encoding="utf-8")))
        return page if page["step"] == run.step else {}


def _sheet(run: Run) -> Sheet | None:
    """Generated samples to look at, where no condition out of the data is needed for them."""
    if run.spec.condition is not None or not isinstance(run.game, Samples | ConditionalSampler):
        return None
    modality = modality_of(run.spec)
    return modality.sheet(run.sample(modality.sheet_count), example_set(run.examples, 0))

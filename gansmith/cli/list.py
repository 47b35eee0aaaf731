"""gansmith list: tables of presets, objectives, penalties, data, runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.markup import escape
from tyro.conf import Positional

from gansmith.cli.console import console, make_catalog, printable
from gansmith.cli.parsing import parse

if TYPE_CHECKING:
    from rich.table import Table

    from gansmith.runs.config import Config


@dataclass
class ListOptions:
    """Print a table of what is available.

    Args:
        what: which table.
    """

    what: Positional[Literal["presets", "objectives", "penalties", "data", "runs"]]


def main(words: list[str]) -> None:
    """Print a table."""
    options = parse(ListOptions, words, "gansmith list")
    console.print(table_of(options.what))


def table_of(what: str) -> Table:
    """The table of presets, objectives, penalties, data or runs."""
    return LISTS[what]()


def presets() -> Table:
    """Every preset: its name, the data it takes, its own data, its first line and paper."""
    from gansmith.presets import PRESETS

    table = make_catalog("preset, paper", "data it takes (default)", "what it is")
    for name, preset in PRESETS.items():
        title = re.sub(r" \([^()]*(arXiv:|doi:|textbook)[^()]*\)\.?$", "", preset.title)
        data = f"{preset.takes} ({preset.data})"
        table.add_row(f"{name}\n{preset.cites}", data, escape(title))
    return table


def objectives() -> Table:
    """Every objective and the first line of its documentation."""
    from gansmith.losses.objectives import OBJECTIVES

    table = make_catalog("objective", "what it is")
    for name, objective in OBJECTIVES.items():
        table.add_row(name, _first_line(objective))
    return table


def penalties() -> Table:
    """Every penalty and the first line of its documentation."""
    from gansmith.penalties import PENALTIES

    table = make_catalog("penalty", "what it is")
    for name, penalty in PENALTIES.items():
        table.add_row(name, _first_line(penalty))
    return table


def data() -> Table:
    """Every named data set, with its licence."""
    from gansmith.data import DATA

    table = make_catalog("data", "licence", "what it is")
    for name, entry in DATA.items():
        table.add_row(name, entry.licence, entry.about)
    return table


def runs() -> Table:
    """Every run in runs/: how far it is, its best score, when it was last written, its size."""
    from gansmith.runs.config import FILE, Config

    table = make_catalog("run", "preset and data", "step", "best score", "last written", "size")
    for path in sorted(Path("runs").glob(f"*/{FILE}")):
        try:
            config = Config.load(path.parent)
            what = f"{config.preset} on {config.spec['name']}"
            row: tuple[object, ...] = path.parent, what, *_state(path.parent, config)
        except (OSError, ValueError) as error:
            row = path.parent, "cannot be read", error
        table.add_row(*map(printable, row))
    if not table.rows:
        table.caption = "no run in runs/ yet"
    return table


def _state(folder: Path, config: Config) -> tuple[str, str, str, str]:
    """The step of a run, its best score, when it was last written, its size on the disk."""
    from gansmith.evaluation.select import best_score
    from gansmith.runs.checkpoint import last_step
    from gansmith.runs.recorder import read_scores

    step = str(last_step(folder / "checkpoints"))
    if config.minutes is None:
        step += f" of {config.steps}"
    best = best_score(read_scores(folder))
    score = "" if best is None else f"{best['value']:.4g} {best['metric']}"
    files = [path.stat() for path in folder.rglob("*") if path.is_file()]
    written = datetime.fromtimestamp(max(file.st_mtime for file in files))
    size = f"{sum(file.st_size for file in files) / 1e6:.1f} MB"
    return step, score, f"{written:%Y-%m-%d %H:%M}", size


def _first_line(thing: Any) -> str:
    """The first line on a thing; of an f-divergence and a partial class, what sets it apart."""
    if isinstance(thing, partial):
        chosen = ", ".join(f"{k} {v.__name__}" for k, v in thing.keywords.items())
        return f"{_first_line(thing.func)} With {chosen}."
    quantity = getattr(thing, "quantity", "")
    return escape(
        f"f-GAN: {quantity}" if quantity else (inspect.getdoc(thing) or "").split("\n")[0]
    )


LISTS: dict[str, Callable[[], Table]] = {
    "presets": presets,
    "objectives": objectives,
    "penalties": penalties,
    "data": data,
    "runs": runs,
}

"""gansmith list: tables of presets, objectives, penalties, data, runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rich.markup import escape
from rich.table import Table
from tyro.conf import Positional

from gansmith.cli.console import console, printable
from gansmith.cli.parsing import parse


@dataclass
class ListOptions:
    """Show what there is.

    Args:
        what: a table of these.
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
    """Every preset: its name, its data, its paper, its first line."""
    from gansmith.presets import PRESETS

    table = Table("preset", "data", "paper", "")
    for name, preset in PRESETS.items():
        title = re.sub(r" \(arXiv:[^)]*\)\.?$", "", preset.title)
        table.add_row(name, preset.data, preset.cites, escape(title))
    return table


def objectives() -> Table:
    """Every objective and the first line of its documentation."""
    from gansmith.losses.objectives import OBJECTIVES

    table = Table("objective", "")
    for name, objective in OBJECTIVES.items():
        table.add_row(name, _first_line(objective))
    return table


def penalties() -> Table:
    """Every penalty and the first line of its documentation."""
    from gansmith.penalties import PENALTIES

    table = Table("penalty", "")
    for name, penalty in PENALTIES.items():
        table.add_row(name, _first_line(penalty))
    return table


def data() -> Table:
    """Every named data set, with its licence."""
    from gansmith.data import DATA

    table = Table("data", "licence", "")
    for name, entry in DATA.items():
        table.add_row(name, entry.licence, entry.about)
    return table


def runs() -> Table:
    """Every run in runs/."""
    from gansmith.runs.config import FILE, Config

    table = Table("run", "preset", "data")
    for path in sorted(Path("runs").glob(f"*/{FILE}")):
        try:
            config = Config.load(path.parent)
            row = path.parent, config.preset, config.spec["name"]
        except (OSError, ValueError) as error:
            row = path.parent, "cannot be read", error
        table.add_row(*map(printable, row))
    if not table.rows:
        table.caption = "no run in runs/ yet"
    return table


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

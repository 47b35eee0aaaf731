"""What commands print, and how they open a run."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.table import Table

    from gansmith.runs.run import Run

console = Console(highlight=False, soft_wrap=True)


def say(line: object) -> None:
    """A line for the person, without colours or wrapping; only the first process speaks."""
    from gansmith.core import distributed

    if distributed.rank() == 0:
        console.print(printable(line))


def make_table(*heads: object) -> Table:
    """An empty table; in a narrow terminal the cells are wrapped, and nothing is cut off."""
    from rich.table import Column, Table

    return Table(*(Column(printable(head), overflow="fold") for head in heads))


def make_catalog(*heads: str) -> Table:
    """An empty table of things by name: the names, which are copied, stay in one piece."""
    table = make_table(*heads)
    table.columns[0].no_wrap = True
    return table


def program() -> str:
    """What starts gansmith again from here: its name where that is found, else as it was called."""
    called = sys.argv[0]
    if shutil.which("gansmith"):
        return "gansmith"
    if Path(called).stem == "gansmith":
        return shlex.quote(called)
    return f"{shlex.quote(sys.executable)} -m gansmith"


def printable(words: object) -> Text:
    """Words for a terminal as they are: control characters escaped, and no markup read in them.

    Names of files, runs and presets may hold anything, codes that a terminal obeys among it.
    """
    return Text(
        "".join(
            c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode()
            for c in str(words)
        )
    )


def open_run(
    folder: Path,
    which: str = "best",
    *,
    trust: bool = False,
    data: str | None = None,
    preset: str | None = None,
) -> Run:
    """The run of a folder, at a checkpoint."""
    from gansmith.runs.run import Run

    trust = may_trust([folder], trust, preset)
    return Run.open(folder, trust=trust, data=data, preset=preset).choose(which)


def may_trust(folders: Sequence[Path], trust: bool, preset: str | None = None) -> bool:
    """Whether files of code that runs name may be executed: as given, or asked in a terminal.

    preset: where the preset's file is now, where that has moved.
    """
    from gansmith.runs.config import FILE, Config

    if trust or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return trust
    asking = Console(stderr=True, highlight=False, soft_wrap=True)
    for folder in folders:
        code = Config.load(folder).code_names if (folder / FILE).is_file() else {}
        if preset is not None:
            code["preset"] = preset
        if not code:
            continue
        files = ", ".join(dict.fromkeys(name.rpartition(":")[0] for name in code.values()))
        asking.print(
            printable(
                f"{folder} uses code in the file {files}. Going on executes it, which can read, "
                "change and delete all that you can. Execute it? [y/N] "
            ),
            end="",
        )
        if input().strip().lower() not in ("y", "yes"):
            return False
        trust = True
    return trust

"""gansmith pull: fetch a shared run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gansmith.cli.console import program, say
from gansmith.cli.parsing import parse


@dataclass
class PullOptions:
    """Fetch a run that was shared by gansmith push. Nothing in it is executed.

    Args:
        name: where it is, user/name.
        folder: where to write it, a new folder.
    """

    name: Annotated[Positional[str], arg(metavar="USER/NAME")]
    folder: Annotated[Positional[Path], arg(metavar="FOLDER")]


def main(words: list[str]) -> None:
    """Fetch it and say how it is used."""
    options = parse(PullOptions, words, "gansmith pull")
    from gansmith.presets import is_file
    from gansmith.runs.run import Run
    from gansmith.sharing.hub import pull

    run = Run.open(pull(options.name, options.folder))
    say(f"{options.name} is in {run.folder}; {run.folder / 'README.md'} says how it is used")
    where = shlex.quote(str(run.folder))
    if is_file(run.config.preset):
        say(
            f"its preset is Python code, {run.config.preset.rpartition(':')[0]}, which is executed "
            "with --trust only: read it first"
        )
    else:
        say(f"next: {program()} {run.next_command(where)}")

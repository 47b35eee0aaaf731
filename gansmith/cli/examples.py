"""gansmith examples: files to try the commands on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gansmith.cli.console import say
from gansmith.cli.parsing import parse


@dataclass
class ExamplesOptions:
    """Write an input file for every command of the tour in the README: a drawing, images, sounds,
    a clip, landmarks, sentences, points, class folders, pairs, two domains. What they are, and
    their licences, is in FOLDER/README.md.

    Args:
        folder: a new folder.
    """

    folder: Annotated[Positional[Path], arg(metavar="FOLDER")]


def main(words: list[str]) -> None:
    """Write the files."""
    options = parse(ExamplesOptions, words, "gansmith examples")
    from gansmith.inference.example_files import write_examples

    for path in write_examples(options.folder):
        say(f"wrote {path}{'/' * path.is_dir()}")
    say(f"{options.folder / 'README.md'} says what each is for, and whose it is")

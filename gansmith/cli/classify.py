"""gansmith classify: the classes of images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import Checkpoint, Flag, MovedPreset, RunFolder, absent, parse


@dataclass
class ClassifyOptions:
    """Classify images: a table of the class of each, with the probability of every class.

    Args:
        run: the run's folder.
        source: an image, or a folder of them.
        out: the file to write, or a folder for it; by default RUN/classes.tsv.
        checkpoint: the state of the run: best, latest, or a step.
        skip_bad: leave out files that cannot be read, instead of stopping.
        preset: the new place of the file of the run's preset, if it was moved; --trust executes
            it.
        trust: execute the Python files that the run names. They can do all that you can do, so read
            them first.
    """

    run: RunFolder
    source: Annotated[Positional[Path], absent("FILE|FOLDER")]
    out: Annotated[Path | None, absent("PATH", aliases=["-o"])] = None
    checkpoint: Checkpoint = "best"
    skip_bad: Flag = False
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Classify a file or a folder."""
    options = parse(ClassifyOptions, words, "gansmith classify")
    from gansmith.inference.images import write_classes

    run = open_run(options.run, options.checkpoint, trust=options.trust, preset=options.preset)
    out = options.out or run.folder / "classes.tsv"
    say(write_classes(run, options.source, out, skip_bad=options.skip_bad))

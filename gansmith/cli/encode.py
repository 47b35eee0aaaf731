"""gansmith encode: the codes of images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import Checkpoint, Flag, MovedPreset, RunFolder, absent, parse


@dataclass
class EncodeOptions:
    """Encode images by the encoder of a run: codes.npy, and codes.txt with the names of the files.

    Args:
        run: the run's folder.
        source: an image, or a folder of them.
        out: the file to write, or a folder for it; by default RUN/codes.npy.
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
    """Encode a file or a folder."""
    options = parse(EncodeOptions, words, "gansmith encode")
    from gansmith.inference.encode import write_codes

    run = open_run(options.run, options.checkpoint, trust=options.trust, preset=options.preset)
    out = options.out or run.folder / "codes.npy"
    say(write_codes(run, options.source, out, skip_bad=options.skip_bad))

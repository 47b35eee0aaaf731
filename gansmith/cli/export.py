"""gansmith export: players for use without Gansmith."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import Checkpoint, Flag, MovedPreset, Out, RunFolder, parse


@dataclass
class ExportOptions:
    """Write the generator, or the translators, for use without gansmith: the weights, a card
    that says what goes in and comes out, and a program.

    Args:
        run: the run's folder.
        out: the folder to write to; by default RUN/export.
        format: torch-export writes .pt2, onnx writes .onnx (pip install onnx onnxscript).
        checkpoint: the state of the run: best, latest, or a step.
        preset: the new place of the file of the run's preset, if it was moved; --trust executes
            it.
        trust: execute the Python files that the run names. They can do all that you can do, so read
            them first.
    """

    run: RunFolder
    out: Out = None
    format: Literal["torch-export", "onnx"] = "torch-export"
    checkpoint: Checkpoint = "best"
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Write the files of every player that is exported."""
    options = parse(ExportOptions, words, "gansmith export")
    from gansmith.export.export import export

    run = open_run(options.run, options.checkpoint, trust=options.trust, preset=options.preset)
    for path in export(run, options.out or run.folder / "export", options.format):
        say(f"wrote {path}")

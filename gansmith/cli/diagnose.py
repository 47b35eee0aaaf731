"""gansmith diagnose: faults of a run, by name, with evidence and what to try."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gansmith.cli.console import console, may_trust, say
from gansmith.cli.parsing import Checkpoint, Count, Flag, MovedData, MovedPreset, Out, absent, parse


@dataclass
class DiagnoseOptions:
    """Find what is wrong with a run, or with samples in a folder, and what to try: collapse,
    dropped classes or modes, memorization, noise, blur; of a run also a saturated discriminator, an
    exploding critic, too few steps.

    Args:
        source: a run's folder, or a folder or file of samples.
        against: the data to compare with, a name or a path; by default that of the run.
        size: side in pixels to which the images of --against, and of samples, are brought; by
            default that of the run, or as they are.
        n: number of samples to look at.
        seed: the seed of the samples.
        checkpoint: the state of the run: best, latest, or a step.
        show_training: also write the training examples that samples are copies of; they may be
            private.
        out: the folder to write to; by default RUN/diagnosis or diagnosis/.
        data: the new place of the run's data, if it was moved.
        preset: the new place of the file of the run's preset, if it was moved; --trust executes
            it.
        trust: execute the Python files that the run names. They can do all that you can do, so read
            them first.
    """

    source: Annotated[Positional[Path], arg(metavar="RUN|FOLDER")]
    against: Annotated[str | None, absent("NAME|PATH")] = None
    size: Annotated[int | None, absent("INT")] = None
    n: Count = 2000
    seed: int = 0
    checkpoint: Checkpoint = "best"
    show_training: Flag = False
    out: Out = None
    data: MovedData = None
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Diagnose a run, or samples in a folder."""
    options = parse(DiagnoseOptions, words, "gansmith diagnose")
    from gansmith.diagnosis import diagnose, write_diagnosis
    from gansmith.runs.config import FILE

    found = diagnose(
        options.source,
        options.against,
        n=options.n,
        seed=options.seed,
        checkpoint=options.checkpoint,
        trust=may_trust([options.source], options.trust, options.preset),
        data=options.data,
        preset=options.preset,
        size=options.size,
    )
    say(f"{found.samples} samples of {found.of} against {found.against}")
    for finding in found.findings:
        console.print(f"\n[bold]{finding.name}[/]: ", end="")
        say(f"{finding.evidence}.\n  try: {finding.advice}")
    if not found.findings:
        say("nothing found")
    is_run = (options.source / FILE).is_file()
    out = options.out or (options.source / "diagnosis" if is_run else Path("diagnosis"))
    written = write_diagnosis(found, out, options.show_training)
    say(f"\nwrote {', '.join(str(path) for path in written)}")
    if any(finding.private for finding in found.findings) and not options.show_training:
        say("--show-training also writes the training examples that were copied")

"""gansmith translate: what a run makes of files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import Checkpoint, Flag, MovedPreset, RunFolder, absent, parse

PASSED_ON = ("mask", "frames", "seed", "reference", "finetune", "gain")


@dataclass
class TranslateOptions:
    """Write what a run makes of files: outputs of a run conditioned on images, audio or sentences,
    at their own size; the same in the style of another domain; clips continued; labels.

    Args:
        run: the run's folder.
        source: an image, a clip, an audio file, a text file, or a folder of them.
        to: the domain to translate to, of a run with domains; the second of two by default.
        origin: the domain that the files are of; the other one of two by default.
        out: where to write: a folder, or a file for a single one; RUN/translated by default.
        mask: an image of the same size, white where something is missing, for a run that inpaints;
            what is transparent is missing by default.
        frames: how many frames clips are continued by; 12 by default.
        seed: of the random numbers in images and clips; 0 by default.
        reference: of a run of talking-head, the person: a folder with images in face/ and, under
            the same names, landmark images in landmarks/.
        finetune: steps of fine-tuning on these images first; 0 by default.
        gain: decibels that are added to audio that is a condition of images; 0 by default.
        checkpoint: which state of the run.
        skip_bad: leave unreadable files out instead of stopping.
        preset: where the file of the run's preset is now, if it has moved; executed with --trust.
        trust: execute the files of code that the run names, which can do all that you can.
    """

    run: RunFolder
    source: Annotated[Positional[Path], absent("FILE|FOLDER")]
    to: Annotated[str | None, absent("DOMAIN")] = None
    origin: Annotated[str | None, absent("DOMAIN", name="from")] = None
    out: Annotated[Path | None, absent("PATH", aliases=["-o"])] = None
    mask: Annotated[Path | None, absent("FILE")] = None
    frames: Annotated[int | None, absent("INT")] = None
    seed: Annotated[int | None, absent("INT")] = None
    reference: Annotated[Path | None, absent("FOLDER")] = None
    finetune: Annotated[int | None, absent("INT")] = None
    gain: Annotated[float | None, absent("DECIBELS")] = None
    checkpoint: Checkpoint = "best"
    skip_bad: Flag = False
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Translate a file or a folder."""
    options = parse(TranslateOptions, words, "gansmith translate")
    from gansmith.inference.translate import write_translation

    run = open_run(options.run, options.checkpoint, trust=options.trust, preset=options.preset)
    given = {name: value for name in PASSED_ON if (value := getattr(options, name)) is not None}
    say(
        write_translation(
            run,
            options.source,
            options.out or run.folder / "translated",
            to=options.to,
            origin=options.origin,
            skip_bad=options.skip_bad,
            options=given | {"say": say},
        )
    )

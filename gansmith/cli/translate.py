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
    """Apply a run to files: images, audio or sentences that it is conditioned on, at their own
    size; translation to another domain; continuation of clips; labels of images.

    Args:
        run: the run's folder.
        source: an image, a clip, an audio file, a text file, or a folder of them.
        to: the domain to translate to; by default the second of two.
        origin: the domain that the files belong to; by default the other of two.
        out: the folder to write to, or the file for a single input; by default RUN/translated.
        mask: for inpainting: an image of the same size, white where something is missing. By
            default what is transparent is missing.
        frames: number of frames by which clips are continued; 12 by default.
        seed: the seed of the random numbers in images and clips; 0 by default.
        reference: for talking-head, the person: a folder with images in face/ and landmark images
            of the same names in landmarks/.
        finetune: steps of fine-tuning on these images first; 0 by default.
        gain: decibels by which audio is amplified that images are generated from; 0 by default.
        checkpoint: the state of the run: best, latest, or a step.
        skip_bad: leave out files that cannot be read, instead of stopping.
        preset: the new place of the file of the run's preset, if it was moved; --trust executes
            it.
        trust: execute the Python files that the run names. They can do all that you can do, so read
            them first.
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

"""`gansmith translate`: which files a run takes, by what it generates and is conditioned on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gansmith.core.protocols import Classifies, ConditionalSampler, Translates
from gansmith.inference import audio, audio_prompt, images, talking_head, text, video
from gansmith.inference.files import Written
from gansmith.runs.run import Run


class Input(NamedTuple):
    """How files become conditions: what writes the outputs, and which options it takes."""

    write: Callable[..., Written]
    options: tuple[str, ...] = ()


INPUTS: dict[tuple[str, str], Input] = {  # (generated, conditioned on)
    ("image", "image"): Input(images.write_outputs, ("mask", "seed")),
    ("image", "clip"): Input(video.write_continuations, ("frames", "seed")),
    ("image", "references"): Input(talking_head.write_faces, ("reference", "finetune")),
    ("image", "log-mel"): Input(audio_prompt.write_images, ("gain", "seed")),
    ("audio", "waveform"): Input(audio.write_outputs, ("say",)),
    ("text", "sentence"): Input(text.write_sentences, ("seed",)),
    ("labels", "image"): Input(images.write_labels),
}
DOMAINS: dict[str, Input] = {  # by the kind of the domains
    "image": Input(images.write_translations),
    "audio": Input(audio.write_translations, ("say",)),
}
ALWAYS = ("say",)  # offered to all, taken by some


def write_translation(
    run: Run,
    source: Path,
    out: Path,
    *,
    to: str | None = None,
    origin: str | None = None,
    skip_bad: bool = False,
    options: Mapping[str, Any],
) -> Written:
    """Write what a run makes of a file, or of every file of a folder.

    to, origin: the domains of a run with several; with two of them one says the other, and the
        default is from the first to the second.
    options: those that were given, by name; a run takes some of them.
    Raises TypeError when the run takes no files, ValueError for an option that it does not take.
    """
    row = _row(run)
    for name in options:
        if name not in row.options and name not in ALWAYS:
            raise ValueError(f"{run.config.preset} takes no --{name}: leave it out")
    chosen = {name: value for name, value in options.items() if name in row.options}
    if run.spec.domains:
        chosen["origin"], chosen["to"] = run.direction(origin, to)
    elif to is not None or origin is not None:
        raise ValueError(f"{run.config.preset} has no domains: leave out --from and --to")
    return row.write(run, source, out, skip_bad=skip_bad, **chosen)


def _row(run: Run) -> Input:
    spec, name = run.spec, run.config.preset
    if spec.domains:
        row = DOMAINS.get(spec.kind)
        if row is None or not isinstance(run.game, Translates):
            raise TypeError(f"{name} does not translate {spec.kind}: use `gansmith sample`")
        return row
    condition = spec.conditioned_on
    row = INPUTS.get((spec.kind, condition.kind)) if condition is not None else None
    if row is None or not isinstance(run.game, ConditionalSampler):
        if isinstance(run.game, Classifies):
            return Input(images.write_classes)
        raise TypeError(f"{name} generates without input files: use `gansmith sample`")
    return row

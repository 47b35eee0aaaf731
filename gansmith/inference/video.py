"""Clips of one's own, continued by a run: `gansmith translate RUN clip.gif --frames 12`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gansmith.data import Condition, DataError
from gansmith.data.readers.pictures import UnreadableError, whole
from gansmith.data.readers.video_file import FILMS, PAUSE, Clip, Moving, find_clips, write_film
from gansmith.data.spec import DataSpec
from gansmith.inference.images import answered
from gansmith.inference.sample import single
from gansmith.modalities.sheets import tile
from gansmith.runs.checkpoint import replace
from gansmith.runs.run import Run

PICTURES = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG"}
SMALLEST = 4  # pixels of a side


def write_continuations(
    run: Run, source: Path, out: Path, *, frames: int = 12, seed: int = 0, skip_bad: bool = False
) -> int:
    """Continue a clip, or every clip of a folder, by `frames` pictures; how many there were.

    What is given comes first. The format is that of the name `out`: .gif, .webp, .png, .mp4; in a
    folder, GIF. Nothing is written when a clip cannot be used, unless skip_bad is true.
    Raises TypeError when the run continues no clips, DataError for clips that cannot be used,
    ValueError for frames below 1, another format, or where a clip would be overwritten.
    """
    asked = _asked(run)
    if frames < 1:
        raise ValueError(f"a clip is continued by 1 frame at least; got --frames {frames}")
    clips = find_clips(source)
    single_file = source.is_file() or (len(clips) == 1 and out.suffix != "")
    targets = [_target(out, clip, single_file) for clip in clips]
    there = {file.resolve() for clip in clips for file in clip.files}
    if clash := [target for target in targets if target.resolve() in there]:
        raise ValueError(f"the continued clip would overwrite {clash[0]}; choose another --out")
    bad: dict[str, str] = {}
    for clip in clips:  # all are looked at before anything is written
        try:
            _read(clip, asked)
        except DataError as error:
            bad[clip.name] = str(error)
    if bad and (not skip_bad or len(bad) == len(clips)):
        raise DataError("; ".join(bad.values()))
    for clip, target in zip(clips, targets, strict=True):
        if clip.name not in bad:
            given, pause = _read(clip, asked)
            made = continued(run, torch.from_numpy(given), frames, seed)
            write_clip([single(frame) for frame in made], pause, target)
    return len(clips) - len(bad)


def continued(run: Run, clip: Tensor, frames: int, seed: int = 0) -> Tensor:
    """A clip uint8 (T, C, H, W) with `frames` more, each made from those before it.

    T is at least the past that the run sees. Every frame has a code of its own.
    """
    seen = _asked(run).frames
    for number in range(frames):
        past = clip[-seen:].flatten(0, 1)
        clip = torch.cat([clip, answered(run, past, seed, number + 1).unsqueeze(0)])
    return clip


def write_clip(frames: Sequence[Image.Image], pause: int, file: Path) -> None:
    """Pictures of one size as a clip, in the format of the name; each is shown `pause` ms.

    Raises ValueError for another format.
    """
    _known(file)
    suffix = file.suffix.lower()
    if suffix in FILMS:
        file.parent.mkdir(parents=True, exist_ok=True)
        return write_film(frames, pause, file)
    page = io.BytesIO()
    first, *rest = frames
    first.save(
        page, PICTURES[suffix], save_all=True, append_images=rest, duration=pause, loop=0,
        **({"lossless": True} if suffix == ".webp" else {}),
    )  # fmt: skip
    replace(file, page.getvalue())


def write_held(run: Run, n: int, seed: int, out: Path, frames: int = 12) -> Path:
    """The first n held-out clips, continued beside each other, as one GIF."""
    asked = _asked(run)
    past = run.dataset.conditions(run.dataset.held, n).unflatten(1, (asked.frames, -1))
    clips = [continued(run, clip, frames, seed + place) for place, clip in enumerate(past)]
    pages = torch.stack(clips, 1)  # (T, n, C, H, W)
    write_clip([tile(page, 8) for page in pages], PAUSE, out)
    return out


def _asked(run: Run) -> Condition:
    asked = DataSpec.from_json(run.config.spec).condition
    if asked is None or not asked.frames:
        raise TypeError(f"{run.config.preset} continues no clips; see `gansmith list presets`")
    return asked


def _target(out: Path, clip: Clip, single_file: bool) -> Path:
    if not single_file:
        return out / f"{clip.name}.gif"
    if not out.suffix:
        return out / f"{Path(clip.name).name}.gif"
    _known(out)
    return out


def _known(file: Path) -> None:
    if file.suffix.lower() not in (*PICTURES, *FILMS):
        raise ValueError(f"clips are written as {' '.join((*PICTURES, *FILMS))}; got {file.name!r}")


def _read(clip: Clip, asked: Condition) -> Moving:
    """A clip at its own size, as the run sees it. Raises DataError naming it."""
    how = partial(whole, channels=asked.channels // asked.frames)
    where = clip.files[0] if len(clip.files) == 1 else clip.files[0].parent
    try:
        found = clip.read(how)
    except UnreadableError as error:
        raise DataError(f"{where} cannot be read: {error}") from error
    count, _, height, width = found.frames.shape
    if count < asked.frames:
        raise DataError(
            f"{where} has {count} frame{'s' * (count != 1)}; the run needs the {asked.frames} last "
            "ones of a clip to go on"
        )
    if min(height, width) < SMALLEST:
        raise DataError(f"{where} has {width}x{height} pixels; the smallest side is {SMALLEST}")
    return found

"""A run applied to clips: `gansmith translate RUN clip.gif --frames 12`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.data import Condition, DataError
from gansmith.data.readers.image_file import UnreadableError, to_array
from gansmith.data.readers.video_file import (
    FILMS,
    FRAME_MS,
    Clip,
    Video,
    find_clips,
    import_ffmpeg,
    write_film,
)
from gansmith.inference.files import Conversion, Item, Written
from gansmith.inference.images import SMALLEST, generate_one
from gansmith.rendering.grid import make_grid, to_pil
from gansmith.runs.run import Run

ANIMATED = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".apng": "PNG"}


def write_continuations(
    run: Run, source: Path, out: Path, *, frames: int = 12, seed: int = 0, skip_bad: bool = False
) -> Written:
    """Write a clip, or each of a folder, continued by `frames` generated frames.

    The given frames come first. The format is that of the name `out`: .gif, .webp, .png, .mp4; in a
    folder, GIF.
    """
    condition = clip_condition(run)
    if frames < 1:
        raise ValueError(f"a clip is continued by 1 frame at least; got --frames {frames}")

    def convert(item: Item, target: Path) -> None:
        given = _read(item, condition)
        made = continued(run, torch.from_numpy(given.frames), frames, seed)
        write_clip([to_pil(frame) for frame in made], given.frame_ms, target)

    def check(item: Item) -> None:
        _read(item, condition)

    return Conversion("clip", _find, check, convert, (*ANIMATED, *FILMS)).run(
        source, out, skip_bad=skip_bad
    )


def continued(run: Run, clip: Tensor, frames: int, seed: int = 0) -> Tensor:
    """A clip uint8 (T, C, H, W) with `frames` more, each generated from those before it.

    T is at least the number of past frames that the run sees. Every frame has a code of its own.
    """
    past = clip_condition(run).frames
    for number in range(frames):
        given = clip[-past:].flatten(0, 1)
        clip = torch.cat([clip, generate_one(run, given, seed, number + 1).unsqueeze(0)])
    return clip


def write_clip(frames: Sequence[Image.Image], frame_ms: int, file: Path) -> None:
    """Images of one size as a clip, in the format of the name; each is shown `frame_ms`.

    Raises ValueError for another format.
    """
    check_clip(file)
    suffix = file.suffix.lower()
    if suffix in FILMS:
        file.parent.mkdir(parents=True, exist_ok=True)
        return write_film(frames, frame_ms, file)
    page = io.BytesIO()
    first, *rest = frames
    more = {"lossless": True} if suffix == ".webp" else {}
    first.save(
        page,
        ANIMATED[suffix],
        save_all=True,
        append_images=rest,
        duration=frame_ms,
        loop=0,
        **more,
    )
    write_atomic(file, page.getvalue())


def check_clip(file: Path) -> None:
    """Raises ValueError for a name of another format, DataError for a film without ffmpeg."""
    suffix = file.suffix.lower()
    if suffix not in (*ANIMATED, *FILMS):
        known = " ".join((*ANIMATED, *FILMS))
        raise ValueError(f"clips are written as {known}; got {file.name!r}")
    if suffix in FILMS:
        import_ffmpeg()


def write_held_out(run: Run, n: int, seed: int, out: Path, frames: int = 12) -> Path:
    """The first n held-out clips, continued side by side, as one GIF."""
    past = run.examples.conditions(run.examples.held_out, n)
    clips = [
        continued(run, clip, frames, seed + place)
        for place, clip in enumerate(past.unflatten(1, (clip_condition(run).frames, -1)))
    ]
    pages = torch.stack(clips, 1)  # (T, n, C, H, W)
    write_clip([make_grid(page) for page in pages], FRAME_MS, out)
    return out


def clip_condition(run: Run) -> Condition:
    """The past frames that the run sees. Raises TypeError when it continues no clips."""
    condition = run.spec.condition
    if condition is None or not condition.frames:
        raise TypeError(f"{run.config.preset} does not continue clips; next-frame does")
    return condition


def _find(source: Path) -> list[Item]:
    return [Item(clip.name, clip.files) for clip in find_clips(source)]


def _read(item: Item, condition: Condition) -> Video:
    """A clip at its own size, in the channels that the run sees. Raises DataError naming it."""
    how = partial(to_array, channels=condition.channels // condition.frames)
    where = item.file if len(item.files) == 1 else item.file.parent
    try:
        found = Clip(item.name, item.files).read(how)
    except UnreadableError as error:
        raise DataError(f"{where} cannot be read: {error}") from error
    count, _, height, width = found.frames.shape
    if count < condition.frames:
        raise DataError(
            f"{where} has {count} frame{'s' * (count != 1)}; the run needs the last "
            f"{condition.frames} of a clip to continue it"
        )
    if min(height, width) < SMALLEST:
        raise DataError(f"{where} has {width}x{height} pixels; the smallest side is {SMALLEST}")
    return found

"""A folder of the user's own clips as a Dataset: `video:FOLDER`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gansmith.data.readers.image_size import common_size, refusal
from gansmith.data.readers.layout import HELD_NAMES
from gansmith.data.readers.options import Wishes
from gansmith.data.readers.pictures import FILTER, UnreadableError, fit
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.readers.video_file import Clip, find_clips
from gansmith.data.spec import DataError, Dataset
from gansmith.data.transforms.windows import clip_dataset


def read_clips(path: Path, frames: int, wishes: Wishes) -> Dataset:
    """The windows of all clips below a folder; a clip is trained on or held out as a whole.

    `train` and `val` (valid, validation, test) below it are a given split; otherwise a tenth of the
    clips is held out, by their names. Frames are cropped to the square in the centre and resized.
    Channels: 3, unless asked otherwise. DataError names the clips that cannot be read or are too
    short, unless they are to be skipped.
    """
    if path.is_file():
        raise DataError(f"{path} is a single file; give the folder that the clips lie in")
    clips, split = _split(path)
    bad: dict[str, str] = {}
    size = wishes.size or _size(clips, path, bad)
    how = partial(fit, size=size, channels=wishes.channels or 3)
    read: dict[str, Tensor] = {}
    for clip in clips:
        if clip.name in bad:
            continue
        try:
            read[clip.name] = torch.from_numpy(clip.read(how).frames)
            if len(read[clip.name]) <= frames:
                count = len(read.pop(clip.name))
                bad[clip.name] = f"{count} frames, fewer than {frames + 1}"
        except UnreadableError as error:
            bad[clip.name] = str(error)
    if bad and not (wishes.skip_bad and read):
        raise refusal(bad, len(clips), path, "clips")
    held = split if split is not None else _held(list(read), wishes.val, path)
    if split is not None:
        refuse_val(wishes.val, str(path))
    train, out = ([x for name, x in read.items() if (name in held) == is_out] for is_out in (0, 1))
    if not (train and out):
        raise DataError(f"{path}: without {len(bad)} bad clips a part of it is empty; repair them")
    how_read = f"centre crop, {FILTER}"
    dataset = clip_dataset(
        path.stem, train, out, frames, source=str(path), filter=how_read, large=wishes.large
    )
    return replace(dataset, skipped=bad)


def _split(path: Path) -> tuple[list[Clip], set[str] | None]:
    """All clips, and the names of those that the folder itself holds out, if it does."""
    given = next((path / name for name in HELD_NAMES if (path / name).is_dir()), None)
    if given is None or not (path / "train").is_dir():
        return find_clips(path), None
    parts = [
        [Clip(f"{folder.name}/{clip.name}", clip.files) for clip in find_clips(folder)]
        for folder in (path / "train", given)
    ]
    return parts[0] + parts[1], {clip.name for clip in parts[1]}


def _held(names: list[str], val: float | None, path: Path) -> set[str]:
    out = hold_out(names, val, str(path))
    return {name for name, is_out in zip(names, out, strict=True) if is_out}


def _size(clips: list[Clip], path: Path, bad: dict[str, str]) -> int:
    sides = set()
    for clip in clips:
        try:
            sides.add(clip.side())
        except UnreadableError as error:
            bad[clip.name] = str(error)
    if not sides:
        raise refusal(bad, len(clips), path, "clips")
    return common_size(sides, path)

"""`video:FOLDER`: the user's own videos as a Dataset, frame by frame."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gansmith.data.readers.image_file import FILTER, UnreadableError, crop_and_resize
from gansmith.data.readers.image_size import common_size, unusable_files
from gansmith.data.readers.layout import HELD_OUT_NAMES
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.readers.video_file import Clip, find_clips
from gansmith.data.spec import DataError, Dataset
from gansmith.data.transforms.windows import FRAMES, clip_dataset


def read_videos(path: Path, frames: str, options: ReadOptions) -> Dataset:
    """The windows of all videos below a folder; a video is trained on or held out as a whole.

    frames: how many past frames each is conditioned on, 1 to 64; "" is FRAMES.

    `train` and `val` (valid, validation, test) below it are a given split; otherwise a tenth of the
    clips is held out, by their names. Frames are cropped to the square in the centre and resized.
    Channels: 3 by default. DataError names the clips that cannot be read or are too
    short, unless they are to be skipped.
    """
    past = int(frames or FRAMES)
    if not 1 <= past <= 64:
        raise DataError(f"a frame is conditioned on 1 to 64 past frames; got {past}")
    if path.is_file():
        raise DataError(f"{path} is a single file; give the folder that the videos lie in")
    clips, split = split_clips(path)
    bad: dict[str, str] = {}
    size = options.size or size_of_clips(clips, path, bad)
    how = partial(crop_and_resize, size=size, channels=options.channels or 3)
    read: dict[str, Tensor] = {}
    for clip in clips:
        if clip.name in bad:
            continue
        try:
            read[clip.name] = torch.from_numpy(clip.read(how).frames)
            if len(read[clip.name]) <= past:
                count = len(read.pop(clip.name))
                bad[clip.name] = f"{count} frames, fewer than {past + 1}"
        except UnreadableError as error:
            bad[clip.name] = str(error)
    if bad and not (options.skip_bad and read):
        raise unusable_files(bad, [clip.name for clip in clips], path, "clips")
    held_out = split if split is not None else held_out_clips(list(read), options.val, path)
    if split is not None:
        refuse_val(options.val, str(path))
    train, out = (
        [x for name, x in read.items() if (name in held_out) == is_out] for is_out in (0, 1)
    )
    if not (train and out):
        raise DataError(
            f"{path}: without the {len(bad)} bad clips, none is left to train on "
            "or none to hold out: repair some, or add others"
        )
    how_read = f"centre crop, {FILTER}"
    dataset = clip_dataset(
        path.stem, train, out, past, source=str(path), filter=how_read, large=options.large
    )
    return replace(dataset, skipped=bad)


def split_clips(path: Path) -> tuple[list[Clip], set[str] | None]:
    """All clips, and the names of those that the folder itself holds out, if it does."""
    other = next((path / name for name in HELD_OUT_NAMES if (path / name).is_dir()), None)
    if other is None or not (path / "train").is_dir():
        return find_clips(path), None
    parts = [
        [Clip(f"{folder.name}/{clip.name}", clip.files) for clip in find_clips(folder)]
        for folder in (path / "train", other)
    ]
    return parts[0] + parts[1], {clip.name for clip in parts[1]}


def held_out_clips(names: list[str], val: float | None, path: Path) -> set[str]:
    out = hold_out(names, val, str(path))
    return {name for name, is_out in zip(names, out, strict=True) if is_out}


def size_of_clips(clips: list[Clip], path: Path, bad: dict[str, str]) -> int:
    sides = set()
    for clip in clips:
        try:
            sides.add(clip.side())
        except UnreadableError as error:
            bad[clip.name] = str(error)
    if not sides:
        raise unusable_files(bad, [clip.name for clip in clips], path, "clips")
    return common_size(sides, path)

"""Clips as data: every frame is to be made from the frames before it.

A clip is uint8 (T, C, H, W). Its windows of frames + 1 pictures are the examples: the field `given`
holds the past, frames stacked along the channels, the oldest first, and `real` the next frame.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import torch
from torch import Tensor

from gansmith.data.build import conditioned, image_dataset
from gansmith.data.condition import Condition
from gansmith.data.readers.options import LARGE
from gansmith.data.spec import DataError, Dataset, Fields

FRAMES = 4  # of the past that is seen, as in arXiv:1511.05440, section 3


def windows(clips: Sequence[Tensor], frames: int, large: int = LARGE) -> Fields:
    """The windows of clips uint8 (T, C, H, W): `given` (N, frames C, H, W), `real` (N, C, H, W).

    The first windows of all clips come first, then the second ones, and so on, so that a few rows
    show many clips. Where all windows would take more than `large` bytes, every second place is
    taken, or every third ..., for neighbours hardly differ.
    Raises DataError when a clip has fewer than frames + 1 pictures.
    """
    for number, clip in enumerate(clips):
        if len(clip) <= frames:
            raise DataError(
                f"clip {number} has {len(clip)} frames; {frames} of the past and the next one are "
                f"{frames + 1}"
            )
    places = [len(clip) - frames for clip in clips]
    step = max(1, math.ceil(sum(places) * (frames + 1) * clips[0][0].numel() / large))
    found = [
        clip[place : place + frames + 1]
        for place in range(0, max(places), step)
        for clip, count in zip(clips, places, strict=True)
        if place < count
    ]
    return {
        "given": torch.stack([window[:frames].flatten(0, 1) for window in found]),
        "real": torch.stack([window[frames] for window in found]),
    }


def clip_dataset(
    name: str,
    train: Sequence[Tensor],
    held: Sequence[Tensor],
    frames: int = FRAMES,
    *,
    licence: str = "",
    source: str = "",
    filter: str = "",
    large: int = LARGE,
) -> Dataset:
    """Pictures, each asked for by the frames before it. Raises DataError as `windows` does."""
    parts = [windows(clips, frames, large) for clips in (train, held)]
    given = [part.pop("given") for part in parts]
    pictures = image_dataset(
        name, parts[0], parts[1], licence=licence, source=source, filter=filter
    )
    _, channels, side, _ = given[0].shape
    condition = Condition("image", channels=channels, height=side, width=side, frames=frames)
    return conditioned(pictures, condition, given[0], given[1])


def past(given: Tensor, frames: int) -> Tensor:
    """Stacked frames (N, frames C, H, W) one by one, (N, frames, C, H, W), the oldest first."""
    return given.unflatten(1, (frames, -1))


def clip_name(name: str) -> tuple[int, str]:
    """The frames of the past and the path of a name such as video:clips/ or video8:clips/.

    (0, name) where it is none.
    """
    match = re.fullmatch(r"video(\d*):(.+)", name, re.S)
    if match is None:
        return 0, name
    frames = int(match[1] or FRAMES)
    if not 1 <= frames <= 64:
        raise DataError(f"1 to 64 frames of the past are seen; got {frames} in {name!r}")
    return frames, match[2]

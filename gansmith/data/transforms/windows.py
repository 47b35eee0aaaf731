"""Videos as data: every frame is conditioned on the frames before it.

A clip is uint8 (T, C, H, W). Its windows of frames + 1 images are the examples: the field
`condition` holds the past frames, stacked along the channels, the oldest first, and `real` the
next frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gansmith.data.build import image_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.options import LARGE
from gansmith.data.spec import DataError, Dataset, Fields

FRAMES = 4  # past frames, as in arXiv:1511.05440, section 3


def windows(clips: Sequence[Tensor], frames: int, large: int = LARGE) -> Fields:
    """The windows of clips uint8 (T, C, H, W).

    `condition` is (N, frames C, H, W), `real` (N, C, H, W).

    The first windows of all clips come first, then the second ones, and so on, so that a few rows
    show many clips. Where all windows would take more than `large` bytes, every second place is
    taken, or every third ..., for neighbours hardly differ.
    Raises DataError when a clip has fewer than frames + 1 images.
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
        "condition": torch.stack([window[:frames].flatten(0, 1) for window in found]),
        "real": torch.stack([window[frames] for window in found]),
    }


def clip_dataset(
    name: str,
    train: Sequence[Tensor],
    held_out: Sequence[Tensor],
    frames: int = FRAMES,
    *,
    licence: str = "",
    source: str = "",
    filter: str = "",
    large: int = LARGE,
) -> Dataset:
    """Images, each conditioned on the frames before it. Raises DataError as `windows` does."""
    parts = [windows(clips, frames, large) for clips in (train, held_out)]
    conditions = [part.pop("condition") for part in parts]
    images = image_dataset(name, parts[0], parts[1], licence=licence, source=source, filter=filter)
    _, channels, side, _ = conditions[0].shape
    condition = Condition("clip", channels=channels, height=side, width=side, frames=frames)
    return with_condition(images, condition, conditions[0], conditions[1])


def past_frames(conditions: Tensor, frames: int) -> Tensor:
    """Stacked frames (N, frames C, H, W) one by one, (N, frames, C, H, W), the oldest first."""
    return conditions.unflatten(1, (frames, -1))

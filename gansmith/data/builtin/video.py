"""Clips that move: generated ones, drawn afresh from a fixed seed, and emoji that come along.

Images of generated clips are 32x32 grey, bright on black.
"""

from __future__ import annotations

import json

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.builtin.shipped import FILES, HELD_OUT_EVERY, open_digits
from gansmith.data.spec import Dataset
from gansmith.data.transforms.resize import resize
from gansmith.data.transforms.windows import clip_dataset

SIDE = 32
SEED = 1511
TRAIN, HELD_OUT = 800, 100  # clips
DIGIT, DIGITS, LENGTH = 14, 2, 12  # side of a digit, digits in a clip, frames of a clip
SPEED = (1, 3)  # pixels a frame, along each axis
STEP, TURN_LENGTH = 5, 7  # pixels a frame of a shape that turns; frames of its clip
TURN = 4  # the first frame after the turn
SHAPES = ("square", "disc", "ring", "cross")
SPREAD = 5  # places, along each axis, about which a shape turns
HELD_OUT_TURNS = 9  # of the pairs of a shape and a place every ninth is held out


def open_moving_digits() -> Dataset:
    """Two digits of 14x14 that bounce from the walls of a field (after arXiv:1502.04681, 3.3).

    12 frames a clip. A digit goes 1 to 3 whole pixels a frame along each axis, so the next frame
    follows from the past. Held-out clips show held-out digits.
    """
    digits = open_digits()
    train, held_out = (
        moving_digits(count, resize(part["real"], DIGIT), Rng(SEED, split))
        for split, (count, part) in enumerate(((TRAIN, digits.train), (HELD_OUT, digits.held_out)))
    )
    source = "the shipped digits, moved by a fixed seed"
    return clip_dataset("moving-digits", train, held_out, licence="CC-BY-4.0", source=source)


def moving_digits(count: int, images: Tensor, rng: Rng) -> list[Tensor]:
    """Clips (LENGTH, 1, SIDE, SIDE) of digits uint8 (N, 1, DIGIT, DIGIT) that bounce."""
    which = rng.integers(len(images), count, DIGITS)
    room = SIDE - DIGIT
    start = rng.integers(room + 1, count, DIGITS, 2)
    low, high = SPEED
    speed = low + rng.integers(high - low + 1, count, DIGITS, 2)
    speed = speed * (2 * rng.integers(2, count, DIGITS, 2) - 1)
    time = torch.arange(LENGTH).view(-1, 1, 1, 1)
    # a path between two walls is a straight one, folded
    folded = (start + speed * time) % (2 * room)
    place = torch.where(folded > room, 2 * room - folded, folded)  # (LENGTH, count, DIGITS, 2)
    clips = torch.zeros(count, LENGTH, 1, SIDE, SIDE, dtype=torch.uint8)
    for t, n, k in np.ndindex(LENGTH, count, DIGITS):
        y, x = place[t, n, k].tolist()
        spot = clips[n, t, :, y : y + DIGIT, x : x + DIGIT]
        torch.maximum(spot, images[which[n, k]], out=spot)
    return list(clips)


def open_turning_shapes() -> Dataset:
    """Shapes that come in from a side and turn left or right in the middle, by a fair coin.

    7 frames a clip, 5 pixels a frame; the turn shows in frame 4, counted from 0. So a window of
    four frames and the next has two futures in the first place of a clip, and one in the others.
    There are 4 shapes, 25 places of the turn and 8 ways through it, fewer than clips. So 12 of the
    100 pairs of shape and place are held out, each in all ways: all their frames are new.
    """
    train, held_out = (
        turning_shapes(count, Rng(SEED, 2, split), held_out=bool(split))[0]
        for split, count in enumerate((TRAIN, HELD_OUT))
    )
    return clip_dataset("turning-shapes", train, held_out, licence="CC0-1.0", source="generated")


def turning_shapes(count: int, rng: Rng, *, held_out: bool) -> tuple[list[Tensor], Tensor]:
    """Clips (TURN_LENGTH, 1, SIDE, SIDE), and the frame after the turn that did not come.

    The latter is uint8 (count, 1, SIDE, SIDE). held_out: take the held-out shapes and places.
    """
    heading, side = rng.integers(4, count), 2 * rng.integers(2, count) - 1
    turns = torch.arange(len(SHAPES) * SPREAD**2)
    turns = turns[(turns % HELD_OUT_TURNS == 0) == held_out]
    turn = turns[rng.integers(len(turns), count)]
    shape, place_y, place_x = torch.unravel_index(turn, (len(SHAPES), SPREAD, SPREAD))
    middle = (SIDE - SPREAD + 1) // 2 + torch.stack([place_y, place_x], 1)
    ahead = torch.tensor([[0, 1], [1, 0], [0, -1], [-1, 0]])[heading]  # (count, 2)
    aside = ahead.flip(1) * torch.tensor([1, -1]) * side[:, None]
    time = torch.arange(TURN_LENGTH).view(-1, 1, 1)
    before, after = (time - TURN + 1).clamp(max=0), (time - TURN + 1).clamp(min=0)
    place = middle + STEP * (before * ahead + after * aside)  # (TURN_LENGTH, count, 2)
    clips = draw_shapes(place, shape.expand(TURN_LENGTH, count))
    other = draw_shapes(middle - STEP * aside, shape)
    return list(clips.transpose(0, 1)), other


def draw_shapes(place: Tensor, shape: Tensor) -> Tensor:
    """Shapes about places (..., 2) given as y, x: uint8 (..., 1, SIDE, SIDE)."""
    t = torch.arange(SIDE)
    y = (t[:, None] - place[..., 0, None, None]).float()
    x = (t[None] - place[..., 1, None, None]).float()
    r = (y**2 + x**2).sqrt()
    masks = torch.stack(
        [
            (y.abs() < 3) & (x.abs() < 3),
            r < 3.6,
            (r < 4) & (r > 1.9),
            ((y.abs() < 1) | (x.abs() < 1)) & (r < 4),
        ]
    )
    chosen = torch.nn.functional.one_hot(shape, len(SHAPES)).movedim(-1, 0).bool()
    inside = (masks & chosen[..., None, None]).any(0)
    return (255 * inside.unsqueeze(-3)).to(torch.uint8)


def open_animated_emoji() -> Dataset:
    """182 animated emoji of 16 frames, 32x32 RGB on white; every tenth clip is held out."""
    folder = FILES / "emoji-clips"
    facts = json.loads((folder / "index.json").read_text("utf-8"))
    with Image.open(folder / "clips.webp") as image:
        sheet = torch.from_numpy(np.array(image.convert("RGB")))
    cells = sheet.unflatten(0, (-1, facts["size"])).unflatten(2, (-1, facts["size"]))
    clips = list(cells.permute(0, 2, 4, 1, 3).contiguous())  # a row is a clip
    held_out = clips[::HELD_OUT_EVERY]
    train = [clip for number, clip in enumerate(clips) if number % HELD_OUT_EVERY]
    return clip_dataset(
        "animated-emoji",
        train,
        held_out,
        licence="MIT",
        source="Fluent animated emoji",
        filter="64 to 32 pixels, lanczos",
    )

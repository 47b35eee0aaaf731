"""Who a face belongs to and what it does at the moment: the parameters of drawn faces.

Drawn from numpy's PCG64 in float64, so that they do not depend on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

Array = np.ndarray

# Colours in [0, 1]; a person's own lies near one of them.
HAIR = {
    "black": (0.10, 0.09, 0.10),
    "brown": (0.40, 0.24, 0.13),
    "blond": (0.91, 0.77, 0.40),
    "red": (0.74, 0.27, 0.10),
    "grey": (0.66, 0.66, 0.68),
}
EYES = ((0.25, 0.45, 0.80), (0.25, 0.55, 0.30), (0.36, 0.20, 0.08))
SKIN = ((0.98, 0.85, 0.74), (0.47, 0.30, 0.20))  # the lightest and the darkest
HAIR_SPREAD, SHIRT, GROUND = 0.025, (0.15, 0.85), (0.55, 0.95)


class Rows:
    """Arrays with one first axis, of which rows can be taken."""

    def take(self, rows: Array) -> Self:
        """The same of some rows."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})  # type: ignore[arg-type]

    def __len__(self) -> int:
        first: Any = getattr(self, fields(self)[0].name)  # type: ignore[arg-type]
        return len(first)


@dataclass(frozen=True)
class People(Rows):
    """What stays of a person, arrays (N,), of colours (N, 3); shares lie in [0, 1].

    skin: from the lightest to the darkest. hair: number of its name in HAIR; tint: its colour.
    long: hair to the chin. fringe: how far the hair comes down the forehead. width, jaw: of the
    face. eyes: number in EYES. apart, size: of the eyes. nose: its length. lips: width of the
    mouth. brow: thickness. glasses, beard: has it. shirt, ground: colours of what is around.
    """

    skin: Array
    hair: Array
    tint: Array
    long: Array
    fringe: Array
    width: Array
    jaw: Array
    eyes: Array
    apart: Array
    size: Array
    nose: Array
    lips: Array
    brow: Array
    glasses: Array
    beard: Array
    shirt: Array
    ground: Array


@dataclass(frozen=True)
class Poses(Rows):
    """What passes, arrays (N,) in [-1, 1].

    x, y: place of the head; tilt: to the left or right shoulder; turn: where the nose points.
    eyes: closed to wide. gaze: left to right. brows: low to high. smile: corners of the mouth down
    or up. mouth: shut to wide open.
    """

    x: Array
    y: Array
    tilt: Array
    turn: Array
    eyes: Array
    gaze: Array
    brows: Array
    smile: Array
    mouth: Array


def random_people(count: int, draw: np.random.Generator) -> People:
    """People at random, all parameters independent."""
    hair = draw.integers(len(HAIR), size=count)
    tint = np.array(list(HAIR.values()))[hair] + HAIR_SPREAD * draw.uniform(-1, 1, (count, 3))
    share = {
        name: draw.random(count)
        for name in ("skin", "fringe", "width", "jaw", "apart", "size", "nose", "lips", "brow")
    }
    return People(
        hair=hair,
        tint=tint.clip(0, 1),
        long=draw.random(count) < 0.5,
        eyes=draw.integers(len(EYES), size=count),
        glasses=draw.random(count) < 0.35,
        beard=draw.random(count) < 0.35,
        shirt=draw.uniform(*SHIRT, (count, 3)),
        ground=draw.uniform(*GROUND, (count, 3)),
        **share,
    )


def random_poses(count: int, draw: np.random.Generator) -> Poses:
    """Poses at random, all parameters independent and uniform; of eyes, a quarter are closed."""
    pose = {f.name: draw.uniform(-1, 1, count) for f in fields(Poses)}
    pose["eyes"] = np.where(draw.random(count) < 0.25, -1.0, pose["eyes"])
    return Poses(**pose)


IDENTITY = 18  # numbers that identify a person


def identity(people: People) -> Array:
    """Who it is in numbers of about [-1, 1], float32 (N, 18), without what is around the face."""
    shares = [
        getattr(people, name)
        for name in ("skin", "fringe", "width", "jaw", "apart", "size", "nose", "lips", "brow")
    ]
    shares += [people.long, people.glasses, people.beard]
    columns = np.concatenate([np.stack(shares, 1), people.tint, np.array(EYES)[people.eyes]], 1)
    return (2 * columns - 1).astype(np.float32)

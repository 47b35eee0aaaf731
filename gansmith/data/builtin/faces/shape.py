"""Where the parts of a drawn face are: one geometry for the drawing and for the landmarks.

Lengths are in halves of the image, v downwards; a face's own coordinates (u, v) have their origin
in the middle of the head and turn with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.data.builtin.faces.people import Array, People, Poses

HEIGHT = 0.66  # of the face, from its middle
LENS = (0.185, 0.16)  # half axes of a glass
BROW = 0.14  # half the length of a brow
CURL = 0.13  # how far a full smile bends the mouth
SHUT, OPEN = 0.012, 0.10  # half the opening of the mouth
LIP = 0.035
CLOSED = 0.06  # of an eye's height when it is closed


@dataclass(frozen=True)
class Shape:
    """Places and sizes of the parts in a face's own coordinates, arrays (N,)."""

    x: Array
    y: Array
    cos: Array
    sin: Array
    width: Array
    taper: Array
    shift: Array  # of all that is in front, when the head turns
    apart: Array
    eye: tuple[float, Array, Array]  # its height on the face, half width, half height
    pupil: Array
    brow: Array
    tip: tuple[Array, Array]
    mouth: tuple[float, Array]
    curl: Array
    gap: Array

    def on_page(self, u: Array, v: Array) -> Array:
        """Points of a face's own coordinates, (N, ...), as places on the image, (N, ..., 2)."""
        cos, sin, x, y = (
            a.reshape(-1, *[1] * (np.ndim(u) - 1)) for a in (self.cos, self.sin, self.x, self.y)
        )
        return np.stack([x + cos * u - sin * v, y + sin * u + cos * v], -1)

    def narrowed(self, v: Array) -> Array:
        """How much narrower than above the face is at height v, a factor."""
        return 1 - self.taper * np.maximum(v, 0) / HEIGHT

    def line(self, t: Array) -> Array:
        """Height of the line between the lips at t, from -1 (one corner) to 1 (the other)."""
        return self.mouth[0] + self.curl * (0.5 - t**2)

    def opening(self, t: Array) -> Array:
        """Half the distance between the lips at t."""
        return self.gap * (1 - t**2)


def shape(people: People, poses: Poses) -> Shape:
    """The geometry of faces."""
    angle = 0.26 * poses.tilt
    eye_width = 0.125 + 0.035 * people.size
    openness = CLOSED + (1 - CLOSED) * (poses.eyes + 1) / 2
    return Shape(
        x=0.10 * poses.x,
        y=0.02 + 0.07 * poses.y,
        cos=np.cos(angle),
        sin=np.sin(angle),
        width=0.48 + 0.09 * people.width,
        taper=0.34 - 0.26 * people.jaw,
        shift=0.10 * poses.turn,
        apart=0.20 + 0.05 * people.apart,
        eye=(-0.10, eye_width, (0.10 + 0.02 * people.size) * openness),
        pupil=0.06 * poses.gaze,
        brow=-0.285 - 0.065 * poses.brows,
        tip=(0.06 * poses.turn, 0.10 + 0.08 * people.nose),
        mouth=(0.36, 0.17 + 0.08 * people.lips),
        curl=CURL * poses.smile,
        gap=SHUT + (OPEN - SHUT) * (poses.mouth + 1) / 2,
    )


Line = tuple[str, tuple[int, ...], bool]
POINTS = 25
# The parts of a landmark image: name, the points that are joined, and whether it is closed.
PARTS: tuple[Line, ...] = (
    ("outline", (0, 1, 2, 3, 4), False),
    ("brows", (5, 6), False),
    ("brows", (7, 8), False),
    ("eyes", (9, 10, 11, 12), True),
    ("eyes", (13, 14, 15, 16), True),
    ("gaze", (17,), False),
    ("gaze", (18,), False),
    ("nose", (19, 20), False),
    ("mouth", (21, 22, 23, 24), True),
)


def landmarks(people: People, poses: Poses) -> Array:
    """The places of 25 points on the image, (N, 25, 2) in about [-1, 1], x then y.

    0-4 the outline of the face from ear over chin to ear; 5-8 the ends of the brows; 9-12 and 13-16
    an eye each, its corners and lids in turn; 17-18 the pupils; 19-20 root and tip of the nose;
    21-24 corner, upper lip, corner, lower lip.
    """
    s = shape(people, poses)
    u: list[Array] = []
    v: list[Array] = []

    def put(a: Array, b: Array | float) -> None:
        u.append(a)
        v.append(np.broadcast_to(np.asarray(b, float), a.shape))

    for angle in np.deg2rad([180, 135, 90, 45, 0]):
        low = np.full_like(s.width, HEIGHT * np.sin(angle))
        put(s.width * np.cos(angle) * s.narrowed(low), low)
    for side in (-1, 1):
        for end in (-BROW, BROW):
            put(s.shift + side * s.apart + end, s.brow)
    height, wide, high = s.eye
    for side in (-1, 1):
        middle = s.shift + side * s.apart
        put(middle - wide, height)
        put(middle, height - high)
        put(middle + wide, height)
        put(middle, height + high)
    for side in (-1, 1):
        put(s.shift + side * s.apart + s.pupil, height)
    put(s.shift, -0.06)
    put(s.shift + s.tip[0], s.tip[1])
    half = s.mouth[1]
    for t, lip in ((-1.0, 0), (0.0, -1), (1.0, 0), (0.0, 1)):
        at = np.full_like(s.curl, t)
        put(s.shift + half * t, s.line(at) + lip * (s.opening(at) + LIP / 2))
    return s.on_page(np.stack(u, 1), np.stack(v, 1))


def ellipse(u: Array, v: Array, a: Array | float, b: Array | float) -> Array:
    """About the distance to an ellipse around the origin with these half axes, negative inside."""
    x, y = u / a, v / b
    near = np.sqrt(x * x + y * y) + 1e-6
    x, y = x / a, y / b
    steep = np.sqrt(x * x + y * y) + 1e-6
    # far off a thin one that is far too little, so the box around it has its say, too
    return np.maximum(near * (near - 1) / steep, np.maximum(np.abs(u) - a, np.abs(v) - b))


def stroke(u: Array, v: Array, start: Array, end: Array) -> Array:
    """The distance to the straight line between two points, each (N, 2, 1, 1)."""
    along = end - start
    length = (along**2).sum(1) + 1e-12
    du, dv = u - start[:, 0], v - start[:, 1]
    t = ((du * along[:, 0] + dv * along[:, 1]) / length).clip(0, 1)
    return np.sqrt((du - t * along[:, 0]) ** 2 + (dv - t * along[:, 1]) ** 2)

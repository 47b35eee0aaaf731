"""Drawing faces and landmark images, layer upon layer, with edges as soft as a pixel is wide.

Only sums, products and square roots meet the pixels, in float32: every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gansmith.data.builtin.faces.people import EYES, SKIN, Array, People, Poses
from gansmith.data.builtin.faces.shape import (
    BROW,
    CLOSED,
    HEIGHT,
    LENS,
    LIP,
    PARTS,
    Shape,
    ellipse,
    shape,
    stroke,
)

SIZE = 32
CHUNK = 128  # images drawn at one time: their layers fit into the processor's cache
WHITE, DARK, INSIDE = (0.97, 0.97, 0.97), (0.08, 0.08, 0.10), (0.30, 0.05, 0.07)
COLOURS = {
    "outline": (1.0, 1.0, 1.0),
    "brows": (1.0, 0.6, 0.0),
    "eyes": (0.0, 1.0, 1.0),
    "gaze": (0.2, 0.3, 1.0),
    "nose": (0.0, 1.0, 0.0),
    "mouth": (1.0, 0.0, 0.4),
}


@dataclass(frozen=True)
class Page:
    """Images (n, 3, rows, size) in [0, 1] that layers are painted on.

    u, v: where the middles of the pixels are in a face's own coordinates; pixel: its side.
    """

    images: Array
    u: Array
    v: Array
    pixel: np.float32

    def paint(self, colour: Array | tuple[float, ...], distance: Array, alpha: float = 1.0) -> None:
        """Colour all that lies inside: where the distance (n, rows, size) is negative."""
        cover = (np.float32(0.5 * alpha) - distance * (np.float32(alpha) / self.pixel)).clip(
            0, alpha
        )
        paint = np.asarray(colour, np.float32).reshape(-1, 3, 1, 1)
        self.images[...] += cover[:, None] * (paint - self.images)

    def strip(self, top: float, bottom: float) -> Page:
        """The rows between two heights, [-1, 1]: what is painted there is painted here."""
        size = self.images.shape[2]
        rows = slice(max(0, int((top + 1) / 2 * size)), int((bottom + 1) / 2 * size) + 1)
        return Page(self.images[:, :, rows], self.u[:, rows], self.v[:, rows], self.pixel)

    def bytes(self) -> Array:
        """The images as uint8."""
        return (self.images * 255 + np.float32(0.5)).astype(np.uint8)


def blank(ground: Array, size: int) -> Page:
    """Pages of one colour each, (n, 3), whose u and v are x and y in [-1, 1]."""
    middle = ((np.arange(size) + 0.5) * 2 / size - 1).astype(np.float32)
    flat = np.repeat(ground.astype(np.float32)[:, :, None], size * size, 2)
    images = flat.reshape(len(ground), 3, size, size)
    v, u = (a[None] for a in np.meshgrid(middle, middle, indexing="ij"))
    return Page(images, u, v, np.float32(2 / size))


def pieces(count: int, draw: Callable[[Array], Array], size: int) -> Tensor:
    """Images drawn some at a time: uint8 (count, 3, size, size)."""
    out = np.empty((count, 3, size, size), np.uint8)
    for start in range(0, count, CHUNK):
        rows = np.arange(start, min(start + CHUNK, count))
        out[rows] = draw(rows)
    return torch.from_numpy(out)


def draw_faces(people: People, poses: Poses, size: int = SIZE) -> Tensor:
    """The faces, uint8 (N, 3, size, size)."""
    return pieces(len(people), lambda rows: _faces(people.take(rows), poses.take(rows), size), size)


def draw_landmarks(points: Array, size: int = SIZE) -> Tensor:
    """Landmarks (N, 25, 2) as images: a line for each part, in the part's colour, on black."""
    return pieces(len(points), lambda rows: _lines(points[rows], size), size)


def _lines(points: Array, size: int) -> Array:
    page = blank(np.zeros((len(points), 3)), size)
    at = points.astype(np.float32)[:, :, :, None, None]
    thick = np.float32(0.5) * page.pixel
    for name, chain, closed in PARTS:
        joined = zip(chain, chain[1:] + chain[:1] if closed else chain[1:], strict=False)
        pairs = list(joined) if len(chain) > 1 else [(chain[0], chain[0])]
        near = stroke(page.u, page.v, at[:, pairs[0][0]], at[:, pairs[0][1]])
        for first, last in pairs[1:]:
            near = np.minimum(near, stroke(page.u, page.v, at[:, first], at[:, last]))
        page.paint(COLOURS[name], near - thick * np.float32(1.6 if name == "gaze" else 1))
    return page.bytes()


def _faces(people: People, poses: Poses, size: int) -> Array:
    whole, s = blank(people.ground, size), _wide(shape(people, poses))
    x, y = whole.u - s.x, whole.v - s.y
    page = replace(whole, u=s.cos * x + s.sin * y, v=s.cos * y - s.sin * x)
    skin = np.outer(1 - people.skin, SKIN[0]) + np.outer(people.skin, SKIN[1])
    _behind(page, people, s)
    _body(whole, people, s, skin)
    _head(page, people, s, skin)
    narrow = s.narrowed(page.v)
    face = ellipse(page.u / narrow, page.v, s.width, HEIGHT) * np.minimum(narrow, 1)
    page.paint(skin, face)
    edge = np.float32(0.20) - np.float32(0.25) * (page.u / s.width) ** 2 - page.v
    page.paint(0.75 * people.tint, _of(people.beard, np.maximum(face, edge)), 0.92)
    _mouth(page.strip(0.05, 0.85), s, skin)
    _nose(page.strip(-0.35, 0.5), s, skin)
    eyes = page.strip(-0.65, 0.3)
    _brows(eyes, people, s)
    for side in (-1, 1):
        _eye(eyes, people, s, skin, s.shift + side * s.apart)
    _fringe(page.strip(-1, 0.3), people, s)
    _glasses(eyes, people, s)
    return whole.bytes()


def _behind(page: Page, people: People, s: Shape) -> None:
    long = np.maximum(ellipse(page.u, page.v, s.width + 0.19, 0.90), page.v - np.float32(0.62))
    page.paint(people.tint, _of(people.long, long))


def _body(page: Page, people: People, s: Shape, skin: Array) -> None:
    """Shoulders and neck, which do not turn with the head."""
    below = page.strip(0.2, 1)
    below.paint(people.shirt, ellipse(below.u - s.x / 2, below.v - np.float32(1.22), 0.85, 0.42))
    neck = np.maximum(np.abs(below.u - s.x) - np.float32(0.22), below.v - np.float32(0.92))
    below.paint(0.86 * skin, np.maximum(neck, np.float32(0.3) - below.v))


def _head(page: Page, people: People, s: Shape, skin: Array) -> None:
    crown = np.maximum(_crown(page, s), page.v - np.float32(0.02))
    page.paint(people.tint, crown)
    add_to = page.strip(-0.4, 0.4)
    for side in (-1, 1):
        ear = ellipse(add_to.u - side * s.width, add_to.v - np.float32(0.02), 0.09, 0.12)
        add_to.paint(0.93 * skin, _of(~people.long, ear))


def _mouth(page: Page, s: Shape, skin: Array) -> None:
    half, u = s.mouth[1], page.u - s.shift
    t = (u / half).clip(-1, 1)
    off = np.abs(page.v - s.line(t)) - s.opening(t)
    beyond = np.abs(u) - half
    lips = 0.6 * skin + 0.4 * np.array([0.75, 0.15, 0.2])
    page.paint(lips, np.maximum(off - np.float32(LIP), beyond))
    page.paint(INSIDE, np.maximum(off, beyond))


def _nose(page: Page, s: Shape, skin: Array) -> None:
    root = _point(s.shift, np.full_like(s.shift, -0.06))
    tip = _point(s.shift + s.tip[0], s.tip[1])
    page.paint(0.82 * skin, stroke(page.u, page.v, root, tip) - np.float32(0.022))
    page.paint(0.76 * skin, ellipse(page.u - tip[:, 0], page.v - tip[:, 1], 0.07, 0.035))


def _brows(page: Page, people: People, s: Shape) -> None:
    thick = _column(0.022 + 0.025 * people.brow)
    for side in (-1, 1):
        middle = s.shift + side * s.apart
        ends = (_point(middle + np.float32(end), s.brow) for end in (-BROW, BROW))
        page.paint(0.7 * people.tint, stroke(page.u, page.v, *ends) - thick)


def _eye(page: Page, people: People, s: Shape, skin: Array, middle: Array) -> None:
    height, wide, high = s.eye
    u, v = page.u - middle, page.v - np.float32(height)
    eye = ellipse(u, v, wide, high)
    page.paint(0.45 * skin, eye - np.float32(0.025))  # the lids
    page.paint(WHITE, np.maximum(eye, np.float32(0.13 * CLOSED) - high))
    from_pupil = np.sqrt((u - s.pupil) ** 2 + v**2)
    for radius, colour in ((0.075, np.array(EYES)[people.eyes]), (0.038, DARK)):
        page.paint(colour, np.maximum(from_pupil - np.float32(radius), eye))


def _fringe(page: Page, people: People, s: Shape) -> None:
    """The hair in front: above a line that comes down at the sides, further if it is long."""
    low = _column(-0.52 + 0.14 * people.fringe)
    bend = _column(np.where(people.long, 2.2, 0.9))
    page.paint(people.tint, np.maximum(_crown(page, s), page.v - low - bend * page.u**2))


def _glasses(page: Page, people: People, s: Shape) -> None:
    u, v = page.u - s.shift, page.v - np.float32(s.eye[0])
    left, right = (np.abs(ellipse(u - side * s.apart, v, *LENS)) for side in (-1, 1))
    bridge = np.maximum(np.abs(v), np.abs(u) - (s.apart - np.float32(LENS[0])))
    frame = np.minimum(np.minimum(left, right), bridge) - np.float32(0.026)
    page.paint(DARK, _of(people.glasses, frame))


def _crown(page: Page, s: Shape) -> Array:
    return ellipse(page.u, page.v + np.float32(0.05), s.width + 0.07, HEIGHT + 0.10)


def _of(has: Array, distance: Array) -> Array:
    """The distance for those who have it; for the others it is far away."""
    return np.maximum(distance, _column(np.where(has, -9, 9)))


def _column(values: Array) -> Array:
    """A number for each face, float32 (N, 1, 1)."""
    return values.astype(np.float32)[:, None, None]


def _point(u: Array, v: Array) -> Array:
    """A point for each face, (N, 2, 1, 1)."""
    return np.stack(np.broadcast_arrays(u, v), 1)


def _wide(s: Shape) -> Shape:
    """The same in float32, ready to meet pixels: arrays (N, 1, 1)."""

    def widened(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(widened(part) for part in value)
        return _column(value) if isinstance(value, np.ndarray) else value

    return replace(s, **{name: widened(value) for name, value in vars(s).items()})

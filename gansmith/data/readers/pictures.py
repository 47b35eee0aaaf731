"""One picture file, whatever its kind, becomes uint8 (C, size, size); what cannot be is named.

In this order: the first frame of an animation, turned as its EXIF says, brought to 8 bits,
composited on white where it is transparent, turned grey or RGB, cropped to the square in its
centre, resized by FILTER.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps

EXTENSIONS = (
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".bmp",
    ".gif",
    ".tif",
    ".tiff",
    ".ppm",
    ".pgm",
    ".pbm",
)
FILTER = "lanczos"  # Pillow's, whose support grows with the reduction: it does not alias
MAX_PIXELS = (
    178_956_970  # more than this is taken for a decompression bomb, as Pillow does by default
)
GREY_MODES = ("1", "L", "LA", "La", "I", "F")
WHITE = 255


class UnreadableError(ValueError):
    """A picture that cannot be decoded; the message is the reason."""


@dataclass(frozen=True)
class Glance:
    """What the header of a picture tells: its shorter side in pixels, and if it is grey."""

    side: int
    grey: bool


def glance(raw: bytes) -> Glance:
    """Look at a picture without decoding it. Grey: its mode is, or its palette has only greys."""
    with _opened(raw) as picture:
        return Glance(side=min(picture.size), grey=_is_grey(picture))


@dataclass(frozen=True)
class Shape:
    """The width and height of a picture, turned as its EXIF says, and if it is grey."""

    width: int
    height: int
    grey: bool

    @property
    def side(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)

    def like(self, other: Shape) -> bool:
        """Whether both have the same proportions, up to a pixel."""
        difference = abs(self.width * other.height - self.height * other.width)
        return difference <= max(self.width, self.height, other.width, other.height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def shape(raw: bytes) -> Shape:
    """The shape of a picture, without decoding it."""
    with _opened(raw) as picture:
        width, height = picture.size
        if picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # lies on its side
            width, height = height, width
        return Shape(width, height, _is_grey(picture))


def upright(raw: bytes) -> Image.Image:
    """The picture in a file's bytes at its own size, mode L or RGB, turned as its EXIF says."""
    with _opened(raw) as picture:
        return _eight_bits(ImageOps.exif_transpose(picture))


def decode(raw: bytes, size: int, channels: int) -> np.ndarray:
    """The picture in a file's bytes as uint8 (channels, size, size), channels 1 or 3.

    Raises UnreadableError with the reason.
    """
    with _opened(raw) as picture:
        return fit(_eight_bits(ImageOps.exif_transpose(picture)), size, channels)


def decode_whole(raw: bytes, channels: int) -> np.ndarray:
    """The picture in a file's bytes at its own size, uint8 (channels, H, W), channels 1 or 3.

    Raises UnreadableError with the reason.
    """
    return whole(upright(raw), channels)


def frames_of(
    raw: bytes, read: Callable[[Image.Image], np.ndarray]
) -> tuple[list[np.ndarray], int]:
    """Every frame of an animation, through `read`; one where it does not move.

    Beside it the milliseconds that a frame is shown, the mean; 0 where the file does not say.
    read: of a picture of 8 bits. Raises UnreadableError with the reason.
    """
    frames, pause = [], 0.0
    with _opened(raw) as picture:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            frames.append(read(_eight_bits(ImageOps.exif_transpose(picture))))
            pause += float(picture.info.get("duration", 0))
    return frames, round(pause / len(frames))


def whole(picture: Image.Image, channels: int) -> np.ndarray:
    """An 8-bit picture at its own size, uint8 (channels, H, W)."""
    values = np.array(picture.convert("L" if channels == 1 else "RGB"))
    return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))


def fit(picture: Image.Image, size: int, channels: int) -> np.ndarray:
    """The central square of an 8-bit picture, resized: uint8 (channels, size, size).



    With an odd number of pixels to cut, the extra one goes at the right or at the bottom.
    """
    picture = picture.convert("L" if channels == 1 else "RGB")
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    if side != size:  # resize(box=...) in one step would mix in pixels from outside the square
        square = square.resize((size, size), Image.Resampling[FILTER.upper()])
    values = np.asarray(square)
    return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))


@contextmanager
def _opened(raw: bytes) -> Iterator[Image.Image]:
    """An open picture; whatever Pillow raises on it, of many classes, becomes UnreadableError."""
    try:
        with Image.open(io.BytesIO(raw)) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise UnreadableError(f"{width}x{height} pixels, more than {MAX_PIXELS}")
            yield picture
    except (UnreadableError, MemoryError):
        raise
    except Image.UnidentifiedImageError as error:
        raise UnreadableError("not a picture" if raw else "empty file") from error
    except Exception as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _is_grey(picture: Image.Image) -> bool:
    if picture.mode in ("P", "PA"):
        colours = np.array(picture.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
        return bool((colours == colours[:, :1]).all())
    return picture.mode in GREY_MODES or picture.mode.startswith("I;16")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """The picture in mode L or RGB: deep grey is scaled, transparency composited on white."""
    grey = _is_grey(picture)
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _from_deep(picture)
    if picture.has_transparency_data:
        return _on_white(picture.convert("RGBA"), "L" if grey else "RGB")
    return picture.convert("L" if grey else "RGB")


def _on_white(picture: Image.Image, mode: str) -> Image.Image:
    ground = Image.new("RGBA", picture.size, (WHITE, WHITE, WHITE, 255))
    return Image.alpha_composite(ground, picture).convert(mode)


def _from_deep(picture: Image.Image) -> Image.Image:
    """16-bit grey 0..65535 or float grey 0..1 to 0..255, rounded; else UnreadableError."""
    values = np.asarray(picture).astype(np.float64)
    top, kind = (1.0, "float") if picture.mode == "F" else (65535.0, "16-bit")
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= top):  # also when not a number
        raise UnreadableError(f"{kind} grey values from {low:g} to {high:g}, expected 0 to {top:g}")
    return Image.fromarray(np.rint(values * (255 / top)).astype(np.uint8))

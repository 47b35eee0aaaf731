"""One image file of any format becomes uint8 (C, size, size), or an error that names the reason.

In this order: the first frame of an animation, rotated by its EXIF orientation, brought to 8 bits,
composited on white where it is transparent, converted to grey or RGB, cropped to the square in its
centre, resized by FILTER.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, features

EXTENSIONS = (
    ".png",
    ".jpg",
    ".jpeg",
    ".jfif",
    ".avif",
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
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")  # whatever a file is called
AVIF_BRANDS = (b"ftypavif", b"ftypavis")
MAX_PIXELS = 89_478_485  # an image of more is refused; from here on Pillow warns of a bomb
MAX_FRAMES = 1 << 30  # bytes of all decoded frames of a clip
GREY_MODES = ("1", "L", "LA", "La", "I", "F")
WHITE = 255


class UnreadableError(ValueError):
    """An image that cannot be decoded; the message is the reason."""


@dataclass(frozen=True)
class ImageHeader:
    """What the header of an image file has: its shorter side in pixels, and whether it is grey."""

    side: int
    grey: bool


def read_header(raw: bytes) -> ImageHeader:
    """The header of an image file. Grey: its mode is, or its palette has only greys."""
    with _opened(raw) as image:
        return ImageHeader(side=min(image.size), grey=_is_grey(image))


@dataclass(frozen=True)
class ImageShape:
    """The width and height of an image, after the EXIF rotation, and whether it is grey."""

    width: int
    height: int
    grey: bool

    @property
    def side(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)

    def like(self, other: ImageShape) -> bool:
        """Whether both have the same proportions, up to a pixel."""
        difference = abs(self.width * other.height - self.height * other.width)
        return difference <= max(self.width, self.height, other.width, other.height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def is_deep(raw: bytes) -> bool:
    """Whether an image has 16 bits of grey."""
    with _opened(raw) as image:
        return image.mode.startswith("I")


def read_shape(raw: bytes) -> ImageShape:
    """The shape of an image, without decoding it."""
    with _opened(raw) as image:
        width, height = image.size
        if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # lies on its side
            width, height = height, width
        return ImageShape(width, height, _is_grey(image))


def open_upright(raw: bytes) -> Image.Image:
    """The image in a file's bytes at its own size, mode L or RGB, after the EXIF rotation."""
    with _opened(raw) as image:
        ImageOps.exif_transpose(image, in_place=True)
        return _eight_bits(image)


def decode(raw: bytes, size: int, channels: int) -> np.ndarray:
    """The image in a file's bytes as uint8 (channels, size, size), channels 1 or 3.

    Raises UnreadableError with the reason.
    """
    with _opened(raw) as image:
        ImageOps.exif_transpose(image, in_place=True)
        return crop_and_resize(_eight_bits(image), size, channels)


def decode_full_size(raw: bytes, channels: int) -> np.ndarray:
    """The image in a file's bytes at its own size, uint8 (channels, H, W), channels 1 or 3.

    Raises UnreadableError with the reason.
    """
    return to_array(open_upright(raw), channels)


def frames_of(
    raw: bytes, read: Callable[[Image.Image], np.ndarray]
) -> tuple[list[np.ndarray], int]:
    """Every frame of an animation, through `read`; one where it does not move.

    Beside it the milliseconds that a frame is shown, the mean; 0 where the file does not say.
    read: of an image of 8 bits. Raises UnreadableError with the reason.
    """
    frames, pause = [], 0.0
    with _opened(raw) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            check_size(image.size)  # pages of a TIFF differ
            frames.append(read(_eight_bits(ImageOps.exif_transpose(image))))
            check_frames(frames)
            pause += float(image.info.get("duration", 0))
    return frames, round(pause / len(frames))


def check_size(size: tuple[int, int]) -> None:
    """Raises UnreadableError for the width and height of an image that is too large to decode."""
    if math.prod(size) > MAX_PIXELS:
        found = f"{size[0]}x{size[1]} pixels"
        raise UnreadableError(f"{found}, more than {MAX_PIXELS}: make it smaller")


def check_frames(frames: Sequence[np.ndarray]) -> None:
    """Raises UnreadableError for frames, all like the last one, that take too much memory."""
    if len(frames) * frames[-1].nbytes > MAX_FRAMES:
        raise UnreadableError(
            f"{len(frames)} frames or more take more than {MAX_FRAMES} bytes: cut the clip"
        )


def count_frames(raw: bytes) -> int:
    """The number of frames; 1 for an image that does not move."""
    with _opened(raw) as image:
        return getattr(image, "n_frames", 1)


def read_alpha(raw: bytes) -> np.ndarray:
    """How opaque every pixel is, uint8 (H, W), after the EXIF rotation."""
    with _opened(raw) as image:
        ImageOps.exif_transpose(image, in_place=True)
        return np.array(image.convert("RGBA").getchannel("A"))


def to_array(image: Image.Image, channels: int) -> np.ndarray:
    """An 8-bit image at its own size, uint8 (channels, H, W)."""
    values = np.array(image.convert("L" if channels == 1 else "RGB"))
    return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))


def crop_and_resize(image: Image.Image, size: int, channels: int) -> np.ndarray:
    """The central square of an 8-bit image, resized: uint8 (channels, size, size).

    With an odd number of pixels to cut, the extra one goes at the right or at the bottom.
    """
    image = image.convert("L" if channels == 1 else "RGB")
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    if side != size:  # resize(box=...) in one step would mix in pixels from outside the square
        square = square.resize((size, size), Image.Resampling[FILTER.upper()])
    values = np.asarray(square)
    return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))


class _Memory:
    """Threads that decode share it: so many pixels are decoded at one time, and not more."""

    def __init__(self, pixels: int) -> None:
        self.free, self.freed = pixels, threading.Condition()

    @contextmanager
    def reserve(self, pixels: int) -> Iterator[None]:
        """Hold so many pixels, once others have given them back."""
        with self.freed:
            self.freed.wait_for(lambda: pixels <= self.free)
            self.free -= pixels
        try:
            yield
        finally:
            with self.freed:
                self.free += pixels
                self.freed.notify_all()


_memory = _Memory(MAX_PIXELS)


@contextmanager
def _opened(raw: bytes) -> Iterator[Image.Image]:
    """An open image; whatever Pillow raises on it, of many classes, becomes UnreadableError."""
    try:
        with Image.open(io.BytesIO(raw), formats=_formats(raw)) as image:
            check_size(image.size)
            if image.format == "PNG" and image.mode != "P" and "transparency" in image.info:
                key, depth = image.info["transparency"], raw[24]  # the header stands at its place
                image.info["transparency"] = _scaled_key(key, depth)
            with _memory.reserve(image.width * image.height):
                yield image
    except (UnreadableError, MemoryError):
        raise
    except Image.UnidentifiedImageError as error:
        raise UnreadableError("not an image" if raw else "empty file") from error
    except Image.DecompressionBombError as error:
        raise UnreadableError(f"far more than {MAX_PIXELS} pixels: make it smaller") from error
    except Exception as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _formats(raw: bytes) -> tuple[str, ...]:
    """The formats that Pillow may try. Raises UnreadableError for AVIF where it lacks that."""
    if raw[4:12] not in AVIF_BRANDS:
        return FORMATS
    if not ("avif" in features.modules and features.check_module("avif")):
        raise UnreadableError("AVIF, which this Pillow does not read: pip install 'pillow>=11.3'")
    return ("AVIF",)


def _scaled_key(key: Any, depth: int) -> Any:
    """The transparent color of a PNG of so many bits a channel, in the 8 bits that Pillow reads.

    Pillow scales the pixels of 2, 4 and three times 16 bits, but not this color; it keeps 16-bit
    grey as it is. Of 16-bit colors the lower bytes are gone.
    """
    if isinstance(key, tuple) and depth == 16:
        return tuple(value >> 8 for value in key)
    return key * {2: 85, 4: 17}[depth] if isinstance(key, int) and depth in (2, 4) else key


def _is_grey(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        colours = np.array(image.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
        return bool((colours == colours[:, :1]).all())
    return image.mode in GREY_MODES or image.mode.startswith("I;16")


def _eight_bits(image: Image.Image) -> Image.Image:
    """The image in mode L or RGB: deep grey is scaled, transparency composited on white."""
    grey = _is_grey(image)
    if image.mode == "F" or image.mode.startswith("I"):
        return _from_deep(image)
    if image.mode == "La":  # premultiplied: Pillow knows one way out
        image = image.convert("LA")
    if image.has_transparency_data:
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        return _on_white(rgba, "L" if grey else "RGB")
    return image.convert("L" if grey else "RGB")


def _on_white(image: Image.Image, mode: str) -> Image.Image:
    shown = Image.new("RGBA", image.size, (WHITE, WHITE, WHITE, 255))
    shown = Image.alpha_composite(shown, image)  # the ground is let go before there is one more
    return shown.convert(mode)


def _from_deep(image: Image.Image) -> Image.Image:
    """16-bit grey 0..65535 or float grey 0..1 to 0..255, rounded; else UnreadableError.

    Floats may stray by less than half a level of 255; what is transparent becomes white.
    """
    values = np.asarray(image).astype(np.float64)
    top, slack, kind = (1.0, 1 / 510, "float") if image.mode == "F" else (65535.0, 0.0, "16-bit")
    low, high = values.min(), values.max()
    if not (low >= -slack and high <= top + slack):  # also when not a number
        raise UnreadableError(f"{kind} grey values from {low:g} to {high:g}, expected 0 to {top:g}")
    clear = values == image.info.get("transparency")
    values *= 255 / top  # in place: an image may be large
    values[clear] = WHITE
    return Image.fromarray(np.rint(values.clip(0, 255, out=values), out=values).astype(np.uint8))

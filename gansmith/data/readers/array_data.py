"""Arrays as a Dataset: what values mean follows from dtype, shape and range, or is refused."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from PIL import Image

from gansmith.data.build import image_dataset, points_dataset
from gansmith.data.readers.decode_cache import cached_array, release_pages
from gansmith.data.readers.image_file import FILTER, crop_and_resize
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import hold_out_rows, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields

MAX_DIM = 64  # points have at most so many coordinates; longer rows are flattened images
AT_ONCE = 16 * 2**20  # bytes of an array that are worked on at a time


def read_header(file: IO[bytes], size: int) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape of an array in .npy form, whether it is stored by columns, and its dtype.

    size: bytes of the file. Raises ValueError for a damaged header, and for one that announces more
    than the file has: an array is made before it is filled.
    """
    header: dict[tuple[int, int], Callable[..., Any]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(file)
    if version not in header:
        raise ValueError(f"an array of plain numbers has no header of version {version}")
    try:
        shape, columns, dtype = header[version](file)
        needed = math.prod(shape) * dtype.itemsize
    except Exception as error:  # the header is a Python literal: all that its parsers raise
        raise ValueError(f"its header is damaged: {error}") from error
    if not 0 <= needed <= size - file.tell():
        raise ValueError(
            f"its header announces {dtype} of shape {shape}, {needed} bytes; {size} are there"
        )
    return shape, columns, dtype


class StreamedArray:
    """An array in an .npy, or in a member of an .npz, that is read in order and never whole.

    Raises DataError when it is not stored row by row, or the file is damaged.
    """

    def __init__(self, path: Path, member: str = "") -> None:
        self.path, self.member = path, member
        with self._opened() as (_, shape, dtype):
            self.shape, self.dtype, self.ndim = shape, dtype, len(shape)
        self.size = math.prod(shape)

    def __len__(self) -> int:
        return self.shape[0]

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        """So many rows at a time, from the first to the last."""
        width = math.prod(self.shape[1:]) * self.dtype.itemsize
        try:
            with self._opened() as (file, shape, dtype):
                for start in range(0, shape[0], rows):
                    count = min(rows, shape[0] - start)
                    raw = file.read(count * width)
                    if len(raw) != count * width:
                        raise EOFError(f"it ends before row {start + count} of {shape[0]}")
                    yield np.frombuffer(raw, dtype).reshape(count, *shape[1:])
        except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"{self.path} cannot be read: {error}") from error

    @contextmanager
    def _opened(self) -> Iterator[tuple[IO[bytes], tuple[int, ...], np.dtype[Any]]]:
        with ExitStack() as opened:
            if self.member:
                archive = opened.enter_context(zipfile.ZipFile(self.path))
                size = archive.getinfo(self.member).file_size
                file = opened.enter_context(archive.open(self.member))
            else:
                size = self.path.stat().st_size
                file = opened.enter_context(open(self.path, "rb"))
            shape, columns, dtype = read_header(file, size)
            if columns:
                raise DataError(
                    f"{self.path} {self.member} is stored column by column (Fortran's order): to "
                    "be read it would have to fit into memory; save it with np.ascontiguousarray"
                )
            if dtype.hasobject:
                raise DataError(f"{self.path} holds arrays of objects; save plain numbers")
            yield file, shape, dtype


Values = np.ndarray | StreamedArray


@dataclass(frozen=True)
class Arrays:
    """What a file holds: values, and if it has them labels and a held out part of its own.

    stamp: what changes when the file does, as JSON values
    """

    train: Values
    label: np.ndarray | None = None
    held_out: Values | None = None
    held_out_label: np.ndarray | None = None
    stamp: tuple[Any, ...] = ()


def array_dataset(arrays: Arrays, name: str, where: str, options: ReadOptions) -> Dataset:
    """Floats (N,) or (N, dim) are points, 3 or 4 dimensions images; else a DataError.

    Images are read twice, from the first row to the last, and written as uint8, those to train on
    first: to memory, or from `options.large` bytes on to a file in the cache.
    """
    _numbers(arrays.train, where)
    if arrays.held_out is not None:
        refuse_val(options.val, where)
        _numbers(arrays.held_out, f"{where} (held out part)")
    if arrays.train.ndim <= 2:
        return _points(arrays, name, where, options)
    labels, classes = _labels(arrays, where)
    parts: list[tuple[Values, np.ndarray]] = []  # values, and which of their rows are held out
    if arrays.held_out is not None:
        parts.append((arrays.train, np.zeros(len(arrays.train), bool)))
        parts.append((arrays.held_out, np.ones(len(arrays.held_out), bool)))
    else:
        out = hold_out_rows(len(arrays.train), options.val, where, labels)
        parts.append((arrays.train, out))
    first = _channels_first(next(_blocks(arrays.train)), where)
    size, channels = options.size or min(first.shape[2:]), options.channels or first.shape[1]
    shape = (sum(len(values) for values, _ in parts), channels, size, size)

    def fill(images: np.ndarray) -> dict[str, str]:
        scale = _scale(arrays, where)
        _write(images, parts, scale, where)
        return {"values": f"values {scale[0]} to {scale[1]} as black to white"}

    if math.prod(shape) < options.large:
        images, file = np.empty(shape, np.uint8), None
        found = fill(images)
    else:
        file, found = cached_array([*arrays.stamp, options.val], shape, fill)
        images = file.values
    out = np.concatenate([side for _, side in parts])
    real, count = torch.from_numpy(images), int((~out).sum())
    fields: list[Fields] = [{"real": real[:count]}, {"real": real[count:]}]
    if labels is not None:
        for part, side in zip(fields, (~out, out), strict=True):
            part["label"] = torch.from_numpy(labels[side])
    how = "" if first.shape[2:] == (size, size) else f"; centre crop, {FILTER}"
    how = found["values"] + how
    dataset = image_dataset(name, *fields, classes=classes, source=where, filter=how)
    return file.attach_to(dataset) if file else dataset


def _points(arrays: Arrays, name: str, where: str, options: ReadOptions) -> Dataset:
    options.refuse_image_options(where, "points")
    if arrays.label is not None:
        raise DataError(
            f"{where} has labels for points, which no data set of points uses; leave them out"
        )
    sides = ((arrays.train, where), (arrays.held_out, f"{where} (held out part)"))
    parts = []
    for values, place in sides:
        if isinstance(values, np.ndarray):  # points are never a Stream
            low, high = _span(values, place)
            parts.append(values.reshape(len(values), -1))
            if low == high and len(parts) == 1:
                raise DataError(f"{place} is constant: every value is {low:g}; nothing to learn")
    if parts[0].dtype.kind != "f" or parts[0].shape[1] > MAX_DIM:
        raise DataError(
            f"{where} holds {parts[0].dtype} of shape {arrays.train.shape}: points are floats "
            "with at "
            f"most {MAX_DIM} coordinates; reshape images to (N, H, W) or (N, H, W, C)"
        )
    if max(np.abs(part).max() for part in parts) > np.finfo(np.float32).max:
        raise DataError(f"{where} holds numbers beyond 3.4e38, which 32 bits cannot hold; scale it")
    train, *others = (torch.from_numpy(part.astype(np.float32)) for part in parts)
    if others:
        return points_dataset(name, train, others[0], source=where)
    out = torch.from_numpy(hold_out_rows(len(train), options.val, where))
    return points_dataset(name, train[~out], train[out], source=where)


def _numbers(values: Values, where: str) -> None:
    if values.dtype.kind not in "buif" or not 1 <= values.ndim <= 4:
        raise DataError(
            f"{where} holds {values.dtype} of shape {values.shape}, expected numbers: points (N, "
            "dim), "
            "images (N, H, W), (N, H, W, C) or (N, C, H, W)"
        )
    if not values.size:
        raise DataError(f"{where} is empty: shape {values.shape}")


def _blocks(values: Values) -> Iterator[np.ndarray]:
    """The rows in order, some 16 MiB at a time."""
    width = math.prod(values.shape[1:]) * values.dtype.itemsize
    rows = max(1, AT_ONCE // width)
    if isinstance(values, StreamedArray):
        yield from values.blocks(rows)
        return
    for start in range(0, len(values), rows):
        yield values[start : start + rows]


def _span(values: Values, where: str) -> tuple[float, float]:
    """The least and the largest value; DataError when one is not finite."""
    seen, bad, first = 0, 0, -1
    lows, highs = [], []
    for block in _blocks(values):
        if block.dtype.kind == "f":
            finite = np.isfinite(block.reshape(len(block), -1)).all(axis=1)
            if not bad and not finite.all():
                first = seen + int(finite.argmin())
            bad += int((~finite).sum())
        seen += len(block)
        lows.append(block.min())
        highs.append(block.max())
    if bad:
        raise DataError(
            f"{where}: row {first} is the first of {bad} with NaN or infinity; remove them and "
            "save again"
        )
    return float(min(lows)), float(max(highs))


def _write(
    images: np.ndarray,
    parts: list[tuple[Values, np.ndarray]],
    scale: tuple[int, int],
    where: str,
) -> None:
    """Every image into its row: those to train on in their order, then those held out."""
    free = [0, sum(int((~out).sum()) for _, out in parts)]
    for values, out in parts:
        start = 0
        for block in _blocks(values):
            eight = _images(block, scale, images.shape[1:], where)
            side = out[start : start + len(block)]
            start += len(block)
            for held_out, chosen in enumerate((eight[~side], eight[side])):
                images[free[held_out] : free[held_out] + len(chosen)] = chosen
                free[held_out] += len(chosen)
            release_pages(images)


def _images(
    values: np.ndarray, scale: tuple[int, int], shape: tuple[int, ...], where: str
) -> np.ndarray:
    """Any image array to uint8 (N, *shape), shape (C, size, size)."""
    eight = _bytes(_channels_first(values, where), *scale)
    if eight.shape[1:] == shape:
        return eight
    out = np.empty((len(eight), *shape), np.uint8)
    for row, image in enumerate(eight):
        channels_last = np.ascontiguousarray(image.transpose(1, 2, 0))
        shown = Image.fromarray(image[0] if len(image) == 1 else channels_last)
        out[row] = crop_and_resize(shown, shape[1], shape[0])
    return out


def _channels_first(values: np.ndarray, where: str) -> np.ndarray:
    if values.ndim == 3 and values.shape[-1] > 4:
        return values[:, None]
    first, last = values.shape[1] in (1, 3), values.shape[-1] in (1, 3)
    if values.ndim == 4 and first != last:
        return values if first else values.transpose(0, 3, 1, 2)
    raise DataError(
        f"{where}: shape {values.shape} is not clearly that of images; expected (N, H, W), (N, "
        "H, W, C) "
        "or (N, C, H, W) with C 1 or 3"
    )


def _scale(arrays: Arrays, where: str) -> tuple[int, int]:
    """The values that are black and white in both parts. Raises DataError where that is unclear."""
    low, high = _span(arrays.train, where)
    if low == high:
        raise DataError(f"{where} is constant: every value is {low:g}; nothing to learn")
    dtype = arrays.train.dtype
    scale = _fitting(dtype, low, high)
    if scale is None:
        spare = 16 - int(high).bit_length() if dtype.name == "uint16" else 0
        bits = f"; they fill {16 - spare} bits of 16: save x << {spare}" if spare else ""
        raise DataError(
            f"{where}: {dtype.name} values from {low:.6g} to {high:.6g} are no known range of "
            "images. They fill most of 0 to 255, of 0 to 65535 (uint16), of 0 to 1 or of -1 to 1 "
            "(floats), or are truth values (.astype(bool)): scale them, or clip what strays" + bits
        )
    if arrays.held_out is None:
        return scale
    kind = arrays.held_out.dtype
    span = _span(arrays.held_out, f"{where} (held out part)")
    if (
        kind.kind != dtype.kind
        or not _within(scale, *span)
        or _fitting(kind, *span) not in (scale, None)
    ):
        raise DataError(
            f"{where} has {dtype.name} values from {low:.6g} to {high:.6g}, read as {scale[0]} to "
            f"{scale[1]}, and held out {kind.name} from {span[0]:.6g} to {span[1]:.6g}: save both "
            "in one range"
        )
    return scale


def _fitting(dtype: np.dtype[Any], low: float, high: float) -> tuple[int, int] | None:
    """The one known range that values from `low` to `high` are meant to fill, or None.

    Values that stay in the darkest quarter of a range, as 12 bits in 16 do, are meant otherwise;
    and floats that go below 0 but stay above -0.5 could be of [0, 1] as well as of [-1, 1].
    """
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        known = [(0, 1), (-1, 1), (0, 255)]
    else:
        known = [(0, 255), (0, 65535)] if dtype.name == "uint16" else [(0, 255)]
        known = [scale for scale in known if np.iinfo(dtype).max >= scale[1]]
    for bottom, top in known:
        quarter = bottom + (top - bottom) / 4
        if _within((bottom, top), low, high) and high >= quarter and (low <= quarter or not bottom):
            return bottom, top
    return None


def _within(scale: tuple[int, int], low: float, high: float) -> bool:
    """Whether values stay in a range but for less than half a level of the 256 it is read in."""
    bottom, top = scale
    slack = (top - bottom) / 510
    return bottom - slack <= low and high <= top + slack


def _bytes(values: np.ndarray, bottom: int, top: int) -> np.ndarray:
    """Values as uint8, rounded: bottom becomes 0 and top 255, and so does what strays beyond."""
    if values.dtype == np.uint8 and top == 255:
        return values
    wide = values.astype(np.result_type(values.dtype, np.float32))
    return np.rint(((wide - bottom) * (255 / (top - bottom))).clip(0, 255)).astype(np.uint8)


def _labels(arrays: Arrays, where: str) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The classes of both parts together, int64, None without labels; and their names.

    The names are the labels that occur, words or numbers, in order.
    """
    if arrays.held_out is not None and (arrays.label is None) != (arrays.held_out_label is None):
        raise DataError(
            f"{where} has labels for one of training and held out part only; add or remove them"
        )
    parts = []
    for label, values in ((arrays.label, arrays.train), (arrays.held_out_label, arrays.held_out)):
        if label is None or values is None:
            continue
        label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label
        if label.shape != (len(values),) or label.dtype.kind not in "uiU":
            raise DataError(
                f"{where}: labels are whole numbers or words, one for each of {len(values)} "
                "images; "
                f"got {label.dtype} of shape {label.shape}"
            )
        if label.dtype.kind != "U":
            if label.min() < 0 or label.max() >= 2**63:
                raise DataError(
                    f"{where}: labels go from {label.min()} to {label.max()}, where 0 to 2^63 are "
                    "classes; where one stands for no label, leave those images out"
                )
            label = label.astype(np.int64)
        parts.append(label)
    if not parts:
        return None, ()
    if len({part.dtype.kind for part in parts}) > 1:
        raise DataError(f"{where} has words for labels in one part, and numbers in the other")
    names, numbers = np.unique(np.concatenate(parts), return_inverse=True)
    return numbers.reshape(-1).astype(np.int64), tuple(str(name) for name in names)

"""Files of arrays: IDX, the format of MNIST (one array behind a small header), and .npz."""

from __future__ import annotations

import io
import math
import mmap
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from gansmith.data.readers.array_data import (
    Arrays,
    StreamedArray,
    Values,
    array_dataset,
    read_header,
)
from gansmith.data.readers.file_list import PACKING, gunzip
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import DataError, Dataset

MOST = 1 << 30  # bytes that a packed array may unpack to in memory
DEFLATED = 1033  # times its size, and not more, is what deflate unpacks to
MAX_DIMS = 8  # of an IDX file

# third byte of the magic number -> big-endian element type
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
IDX_NAMES = {
    "train": "train-images-idx3-ubyte",
    "label": "train-labels-idx1-ubyte",
    "held_out": "t10k-images-idx3-ubyte",
    "held_out_label": "t10k-labels-idx1-ubyte",
}
NPZ_DATA = ("real", "images", "x", "x_train", "train_images", "data", "points", "arr_0")
NPZ_LABELS = ("label", "labels", "y", "y_train", "train_labels", "arr_1")
NPZ_HELD_OUT = (
    ("held_out", "held_out_label"),
    ("x_val", "y_val"),
    ("val_images", "val_labels"),
    ("x_test", "y_test"),
    ("test_images", "test_labels"),
)


def read_idx(path: str | Path) -> np.ndarray:
    """Read one IDX file, plain or gzipped, in native byte order.

    The header is: two zero bytes, a type byte, the number of dimensions, then each dimension as a
    big-endian uint32. DataError when any of it is wrong or the file is shorter or longer than it
    says.
    """
    path = Path(path)
    raw = _contents(path)
    if len(raw) < 4 or raw[0] or raw[1]:
        raise DataError(
            f"{path} is not an IDX file: it starts with {raw[:4].hex(' ') or 'nothing'}, "
            "expected two zero bytes, a type and the number of dimensions"
        )
    kind, dims = raw[2], raw[3]
    if kind not in IDX_TYPES:
        known = ", ".join(f"0x{k:02x}" for k in IDX_TYPES)
        raise DataError(f"{path}: IDX type 0x{kind:02x} is unknown; the types are {known}")
    start = 4 + 4 * dims
    if not 0 < dims <= MAX_DIMS or len(raw) < start:
        raise DataError(
            f"{path}: the IDX header announces {dims} dimensions but the file has "
            f"{len(raw)} bytes; is it truncated?"
        )
    shape = struct.unpack(f">{dims}I", raw[4:start])
    element = np.dtype(IDX_TYPES[kind])
    expected = start + math.prod(shape) * element.itemsize
    if len(raw) != expected:
        what = "truncated" if len(raw) < expected else "longer than its header says"
        raise DataError(
            f"{path} is {what}: shape {shape} needs {expected} bytes, it has {len(raw)}; "
            "fetch it again"
        )
    values = np.frombuffer(raw, dtype=element, offset=start).reshape(shape)
    return values.astype(element.newbyteorder("="), copy=False)


def _contents(path: Path) -> bytes | mmap.mmap:
    """What the file holds, unpacked; mapped where it is not packed, for it may be large."""
    try:
        with open(path, "rb") as file:
            first = file.read(2)
            if len(first) < 2 or first == b"\x1f\x8b":
                raw = first + file.read()
                return gunzip(raw, MOST).getvalue() if len(first) == 2 else raw
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except EOFError as error:
        raise DataError(
            f"{path} is truncated: its gzip stream ends early; fetch it again"
        ) from error
    except (OSError, zlib.error, UnreadableError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def read_npz(path: Path, options: ReadOptions) -> Dataset:
    """The arrays of an .npz by name, or the one of an .npy, never a pickle; see `array_data`.

    data    one of NPZ_DATA
    labels  one of NPZ_LABELS, or absent
    held    the first pair of NPZ_HELD that is there (the labels as for the data); any other is left
    alone DataError when the data is not there or could be two of the names.
    """
    found = _loaded(path, options.large)
    train = _one(found, NPZ_DATA, path)
    if train is None:
        raise DataError(
            f"{path} holds {', '.join(found) or 'nothing'}; the data should be called one of "
            f"{', '.join(NPZ_DATA)}"
        )
    held_out = next((pair for pair in NPZ_HELD_OUT if pair[0] in found), ("", ""))
    labels = [_whole(values) for values in (_one(found, NPZ_LABELS, path), found.get(held_out[1]))]
    arrays = Arrays(train, labels[0], found.get(held_out[0]), labels[1], _stamp(path))
    return array_dataset(arrays, path.stem, str(path), options)


def _loaded(path: Path, large: int) -> dict[str, Values]:
    """The arrays; of those of `large` bytes and more nothing is read yet."""
    try:
        with open(path, "rb") as file:
            if file.read(2) != b"PK":
                size = file.seek(0, io.SEEK_END)
                file.seek(0)
                shape, _, _ = read_header(file, size)
                file.seek(0)
                if size >= large and len(shape) > 2:
                    return {"arr_0": StreamedArray(path)}
                return {"arr_0": np.lib.format.read_array(file, allow_pickle=False)}
        with zipfile.ZipFile(path) as archive:
            return {
                info.filename.removesuffix(".npy"): _member(path, archive, info, large)
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            }
    # RuntimeError, NotImplementedError: encrypted, or of a version unknown to zipfile
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        hint = (
            "; arrays of objects are refused, save plain numbers"
            if "allow_pickle" in str(error)
            else ""
        )
        raise DataError(f"{path} cannot be read: {error}{hint}") from error


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, large: int) -> Values:
    if info.compress_type not in PACKING or info.file_size > DEFLATED * info.compress_size:
        raise ValueError(f"{info.filename} is packed in a way that nothing is known of; save again")
    with archive.open(info) as file:
        shape, _, _ = read_header(file, info.file_size)
    if info.file_size >= large and len(shape) > 2:
        return StreamedArray(path, info.filename)
    if info.file_size > max(MOST, info.compress_size):
        raise ValueError(f"{info.filename} unpacks to {info.file_size} bytes, more than {MOST}")
    with archive.open(info) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _whole(values: Values | None) -> np.ndarray | None:
    return next(values.blocks(len(values))) if isinstance(values, StreamedArray) else values


def _stamp(*paths: Path) -> tuple[tuple[str, int, int], ...]:
    facts = [(path, path.stat()) for path in paths]
    return tuple((path.name, fact.st_size, fact.st_mtime_ns) for path, fact in facts)


def read_idx_file(path: Path, options: ReadOptions) -> Dataset:
    """The images of a single IDX file, without labels."""
    arrays = Arrays(read_idx(path), stamp=_stamp(path))
    return array_dataset(arrays, path.name.split(".")[0], str(path), options)


def mnist_files(folder: Path) -> dict[str, Path]:
    """The files of MNIST's layout that a folder has, by the field of Arrays that they fill."""
    found: dict[str, Path] = {}
    for field, stem in IDX_NAMES.items():
        for ending in ("", ".gz"):
            for dash in "-.":
                path = folder / f"{stem.replace('-idx', dash + 'idx')}{ending}"
                if path.is_file():
                    found.setdefault(field, path)
    return found


def read_idx_folder(folder: Path, options: ReadOptions) -> Dataset:
    """MNIST's layout: train images, labels if there, and t10k as the held out part if there."""
    files = mnist_files(folder)
    if "train" not in files:
        raise DataError(
            f"{folder} has {', '.join(p.name for p in files.values())} but no "
            f"{IDX_NAMES['train']}[.gz]"
        )
    read = {field: read_idx(path) for field, path in files.items()}
    arrays = Arrays(**read, stamp=_stamp(*files.values()))
    return array_dataset(arrays, folder.name, str(folder), options)


def _one(found: dict[str, Values], names: tuple[str, ...], path: Path) -> Values | None:
    there = [name for name in names if name in found]
    if len(there) > 1:
        raise DataError(f"{path} holds both {' and '.join(there)}; keep the one that is meant")
    return found[there[0]] if there else None

"""Images decoded once into one uint8 array: in memory, or when large in a memory-mapped file."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import mmap
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL
import platformdirs
from rich.console import Console
from rich.progress import Progress

from gansmith.core.files import exclusive_lock
from gansmith.data.memmap import RowFile
from gansmith.data.readers.file_list import DataFile
from gansmith.data.readers.image_file import FILTER, UnreadableError, decode, is_deep
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import DataError

CACHE = "GANSMITH_CACHE"  # environment variable: the folder of that file
LAYOUT = 2  # raised whenever the same images would decode to other numbers
SHOWN = 2000  # from this many images on, progress is shown
BLOCK = 1024
DARK = 64  # of 256 levels: what of 16 bits reaches no further was meant as 14 bits or fewer

BadFiles = dict[str, str]  # name -> why it cannot be read


class Decoded(NamedTuple):
    """Images uint8 (N, channels, size, size), what was bad, and the file when it is large."""

    values: np.ndarray
    bad: BadFiles
    file: RowFile | None = None


def decode_images(
    members: Sequence[DataFile], size: int, channels: int, options: ReadOptions
) -> Decoded:
    """Decode images in order to uint8 (N, channels, size, size), and say what was bad.

    Rows of bad images are absent. From `options.large` bytes on the array is a file in the cache,
    found again as long as names, sizes and times of the images stay the same; it is not written
    when there is bad to be refused: then the array is empty.
    """
    shape = (len(members), channels, size, size)
    if math.prod(shape) < options.large:
        values = np.empty(shape, np.uint8)
        bad = _fill(values, members)
        return _bright(Decoded(values[: len(members) - len(bad)], bad), members)

    def fill(values: np.ndarray) -> BadFiles:
        bad = _fill(values, members)
        if bad and not options.skip_bad:
            raise _RefusedError(bad)
        return bad

    facts = [[member.name, member.size, member.stamp] for member in members]
    try:
        file, bad = cached_array(facts, shape, fill)
    except _RefusedError as error:
        return Decoded(np.empty((0, *shape[1:]), np.uint8), error.bad)
    return _bright(Decoded(file.values[: len(members) - len(bad)], bad, file), members)


def _bright(decoded: Decoded, members: Sequence[DataFile]) -> Decoded:
    """The same, unless all is dark for 16 bits were announced and fewer used: then a DataError."""
    some = decoded.values[:: len(decoded.values) // BLOCK + 1]
    top = int(some.max(initial=0))
    good = next((member for member in members if member.name not in decoded.bad), None)
    if good is not None and top < DARK and is_deep(good.read()):
        raise DataError(
            f"{good.name} and the others have 16 bits, of which they use the lowest: none is "
            f"brighter than {top} of 255. Scale what they hold (12 bits, say) to 0 to 65535"
        )
    return decoded


class _RefusedError(Exception):
    def __init__(self, bad: BadFiles) -> None:
        self.bad = bad


def cached_array(
    facts: Iterable[Any], shape: tuple[int, ...], fill: Callable[[np.ndarray], BadFiles]
) -> tuple[RowFile, BadFiles]:
    """A uint8 array in a file of the cache: found again by `facts`, or made by `fill`.

    facts: JSON values that change when the content would
    fill: writes every row of an array, and returns what was bad
    The file gets its name when it is whole, so that an end at any moment leaves nothing that could
    be taken for it. Of several processes that want it one makes it, while the others wait.
    Raises DataError when the disk is too small.
    """
    digest = hashlib.sha256(json.dumps([LAYOUT, PIL.__version__, FILTER, shape]).encode())
    for fact in facts:
        digest.update(json.dumps(fact).encode())
    path = cache_folder() / f"images-{digest.hexdigest()[:24]}.npy"
    if found := _found(path, shape):
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".part")
    with exclusive_lock(path.with_name(path.name + ".lock"), wait=True):
        if found := _found(path, shape):  # another process has written it meanwhile
            return found
        try:  # what a killed process left is written over
            _reserve(half, shape)
            values = np.lib.format.open_memmap(half, mode="r+")
            bad = fill(values)
            values.flush()
            del values  # a file still mapped cannot be renamed everywhere
            path.with_suffix(".json").write_text(json.dumps(bad), "utf-8")
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
    return RowFile(path), bad


def _found(path: Path, shape: tuple[int, ...]) -> tuple[RowFile, BadFiles] | None:
    """The file of an earlier time; None when there is none, or it is damaged."""
    try:
        file, bad = RowFile(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
        return (file, bad) if file.shape == shape else None
    except (OSError, EOFError, ValueError):  # DataError is a ValueError
        return None


def _reserve(half: Path, shape: tuple[int, ...]) -> None:
    """An array of zeros with its room on the disk, so that filling it cannot fail for lack of it.

    A mapped page that finds no room would end the process.
    """
    needed, free = math.prod(shape), shutil.disk_usage(half.parent).free
    small = DataError(
        f"{needed / 2**30:.1f} GiB of decoded images do not fit into {half.parent} "
        f"({free / 2**30:.1f} GiB free); set {CACHE} to another folder, or a smaller size"
    )
    if needed > free:
        raise small
    np.lib.format.open_memmap(half, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with open(half, "r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, half.stat().st_size)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise small from error  # else: not every file system can set room aside


def cache_folder() -> Path:
    """Where large decoded data lives: $GANSMITH_CACHE, else gansmith in the user's cache folder."""
    return Path(os.environ.get(CACHE) or platformdirs.user_cache_path("gansmith", appauthor=False))


def _fill(values: np.ndarray, members: Sequence[DataFile]) -> BadFiles:
    """Decode every image into its row, with threads; at the end good rows close the gaps."""
    bad: BadFiles = {}
    channels, size = values.shape[1:3]

    def row(number: int) -> None:
        try:
            values[number] = decode(members[number].read(), size, channels)
        except UnreadableError as error:
            bad[members[number].name] = str(error)
        except MemoryError as error:
            error.add_note(f": {members[number].name}")
            raise

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block in _blocks(len(members)):
            list(pool.map(row, block))
            release_pages(values)
    good = [number for number, member in enumerate(members) if member.name not in bad]
    for place, number in enumerate(good if bad else ()):
        values[place] = values[number]
    return {member.name: bad[member.name] for member in members if member.name in bad}


def release_pages(values: np.ndarray) -> None:
    """What was written to a mapped file need not count as this process's memory any longer."""
    if isinstance(values.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
        values.base.madvise(mmap.MADV_DONTNEED)


def _blocks(count: int) -> Iterator[range]:
    """0 .. count-1 in blocks, with a progress bar on a terminal when there are many."""
    hidden = count < SHOWN or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=hidden) as progress:
        task = progress.add_task("decoding images", total=count)
        for start in range(0, count, BLOCK):
            block = range(start, min(start + BLOCK, count))
            yield block
            progress.advance(task, len(block))

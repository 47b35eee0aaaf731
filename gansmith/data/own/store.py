"""Pictures decoded once into one uint8 array: in memory, or when large in a memory-mapped file."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL
from rich.console import Console
from rich.progress import Progress

from gansmith.data.own.members import Member
from gansmith.data.own.pictures import FILTER, UnreadableError, decode
from gansmith.data.own.wishes import Wishes
from gansmith.data.spec import DataError

CACHE = "GANSMITH_CACHE"  # environment variable: the folder of that file
LAYOUT = 1  # raised whenever the same pictures would decode to other numbers
SHOWN = 2000  # from this many pictures on, progress is shown
BLOCK = 1024

Bad = dict[str, str]  # name -> why it cannot be read


def decode_all(
    members: Sequence[Member], size: int, channels: int, wishes: Wishes
) -> tuple[np.ndarray, Bad]:
    """Decode pictures in order to uint8 (N, channels, size, size), and say what was bad.



    Rows of bad pictures are absent. From `wishes.large` bytes on the array is a memory-mapped file
    in the cache, found again as long as names, sizes and times of the pictures stay the same; it is
    not written when there is bad to be refused: then the array is empty.
    """
    shape = (len(members), channels, size, size)
    if math.prod(shape) < wishes.large:
        values = np.empty(shape, np.uint8)
        bad = _fill(values, members)
        return values[: len(members) - len(bad)], bad
    path = cache_folder() / f"pictures-{_key(members, shape)}.npy"
    record = path.with_suffix(".json")
    if not (path.exists() and record.exists()):
        bad = _write(path, record, shape, members, keep_bad=wishes.skip_bad)
        if bad and not wishes.skip_bad:
            return np.empty((0, *shape[1:]), np.uint8), bad
    bad = json.loads(record.read_text())
    # "c": pages written to stay private, so a tensor on them cannot spoil the cache
    return np.load(path, mmap_mode="c")[: len(members) - len(bad)], bad


def cache_folder() -> Path:
    """Where large decoded data lives: $GANSMITH_CACHE, else gansmith in the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get(CACHE) or Path(home) / "gansmith")


def _fill(values: np.ndarray, members: Sequence[Member]) -> Bad:
    """Decode every picture into its row, with threads; at the end good rows close the gaps."""
    bad: Bad = {}
    channels, size = values.shape[1:3]

    def row(number: int) -> None:
        try:
            values[number] = decode(members[number].read(), size, channels)
        except UnreadableError as error:
            bad[members[number].name] = str(error)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block in _blocks(len(members)):
            list(pool.map(row, block))
    good = [number for number, member in enumerate(members) if member.name not in bad]
    for place, number in enumerate(good if bad else ()):
        values[place] = values[number]
    return {member.name: bad[member.name] for member in members if member.name in bad}


def _blocks(count: int) -> Iterator[range]:
    """0 .. count-1 in blocks, with a progress bar on a terminal when there are many."""
    hidden = count < SHOWN or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=hidden) as progress:
        task = progress.add_task("decoding pictures", total=count)
        for start in range(0, count, BLOCK):
            block = range(start, min(start + BLOCK, count))
            yield block
            progress.advance(task, len(block))


def _write(
    path: Path, record: Path, shape: tuple[int, ...], members: Sequence[Member], *, keep_bad: bool
) -> Bad:
    """Decode into a file of a temporary name, which gets its own name when complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    needed, free = math.prod(shape), shutil.disk_usage(path.parent).free
    if needed > free:
        raise DataError(
            f"{needed / 2**30:.1f} GiB of decoded pictures do not fit into {path.parent} "
            f"({free / 2**30:.1f} GiB free); set {CACHE} to another folder, or a smaller size"
        )
    with _temporary(path) as half, _temporary(record) as half_record:
        values = np.lib.format.open_memmap(half, mode="w+", dtype=np.uint8, shape=shape)
        bad = _fill(values, members)
        values.flush()
        del values  # a file still mapped cannot be renamed everywhere
        if keep_bad or not bad:
            half_record.write_text(json.dumps(bad))
            half_record.replace(record)
            half.replace(path)
    return bad


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield half
    finally:
        half.unlink(missing_ok=True)


def _key(members: Sequence[Member], shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(json.dumps([LAYOUT, PIL.__version__, FILTER, shape]).encode())
    for member in members:
        digest.update(json.dumps([member.name, member.size, member.stamp]).encode())
    return digest.hexdigest()[:24]

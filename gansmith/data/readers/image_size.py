"""What is known of many images before they are decoded: their size, and which are bad."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gansmith.data.readers.decode_cache import BLOCK, BadFiles
from gansmith.data.readers.file_list import DataFile
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.spec import DataError

SIZES = (64, 32, 16, 8)  # what images of different sizes are brought to
KEPT = 128  # the largest side that images all share and that is kept without asking
NAMED = 10  # bad files that an error names

T = TypeVar("T")


def scan_files(
    members: Sequence[DataFile], look: Callable[[bytes], T]
) -> tuple[dict[str, T], BadFiles]:
    """The result of `look` for each file, by name, and the files that cannot be read."""

    def tried(member: DataFile) -> T | UnreadableError:
        try:
            return look(member.read())
        except UnreadableError as error:
            return error
        except MemoryError as error:
            error.add_note(f": {member.name}")
            raise

    found: dict[str, T] = {}
    bad: BadFiles = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(members), BLOCK):
            block = members[start : start + BLOCK]
            for member, what in zip(block, pool.map(tried, block), strict=True):
                if isinstance(what, UnreadableError):
                    bad[member.name] = str(what)
                else:
                    found[member.name] = what
    return found, bad


def common_size(sides: set[int], path: Path) -> int:
    """The size that images of these shorter sides are brought to. Raises DataError."""
    if len(sides) == 1 and max(sides) <= KEPT:
        return sides.pop()
    fitting = [size for size in SIZES if size <= min(sides)]
    if not fitting:
        raise DataError(
            f"{path}: images differ in size, and the smallest has {min(sides)} pixels: give one "
            "--size for all"
        )
    return fitting[0]


class UnusableFilesError(DataError):
    """Files of the data cannot be used.

    facts: which and why, without what to do. some_left: whether there is something left without
    them.
    """

    def __init__(self, facts: str, some_left: bool) -> None:
        skip = ", or leave them out with skip_bad=True" if some_left else ""
        super().__init__(f"{facts}\nRepair or remove them{skip}")
        self.facts, self.some_left = facts, some_left


def unusable_files(
    bad: BadFiles,
    names: Iterable[str],
    path: Path,
    what: str = "images",
    *,
    may_skip: bool = True,
) -> UnusableFilesError:
    """The error that names bad files; of many the first, with every reason among them.

    names: of all that was looked at. may_skip: whether skip_bad leaves such files out.
    """
    times: Counter[str] = Counter()
    order = []
    for name, why in sorted(bad.items()):
        order.append((times[why], name, why))
        times[why] += 1
    shown = "".join(f"\n  {name}: {why}" for _, name, why in sorted(order)[:NAMED])
    more = f"\n  and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    total = len(bad.keys() | set(names))
    facts = f"{path}: {len(bad)} of {total} {what} cannot be used:{shown}{more}"
    return UnusableFilesError(facts, may_skip and len(bad) < total)

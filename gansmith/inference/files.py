"""How a run is applied to files: find them, check all, refuse before writing, then convert."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gansmith.core.files import distinct_names
from gansmith.data import DataError
from gansmith.data.readers.file_list import as_text, files_in
from gansmith.data.readers.image_size import NAMED, UnusableFilesError


class Item(NamedTuple):
    """One thing to work on: its name below the folder that was given, and its files."""

    name: str
    files: tuple[Path, ...]

    @property
    def file(self) -> Path:
        """Its only file, or the first."""
        return self.files[0]


@dataclass(frozen=True)
class Written:
    """How many things were written, the word for one of them, and where."""

    count: int
    noun: str
    where: Path

    def __str__(self) -> str:
        return f"wrote {self.count} {self.noun}{'s' * (self.count != 1)} to {self.where}"


@dataclass(frozen=True)
class Conversion:
    """How one kind of file is turned into another.

    noun: the word for one output. find: the items below a path; raises DataError where there is
    none. check: raises DataError (or AudioError) for an item that cannot be used; it is called for
    all before anything is written. convert: from an item to its target.
    suffixes: of what is written, the default first; "" is the input's own, where it is among them.
    """

    noun: str
    find: Callable[[Path], Sequence[Item]]
    check: Callable[[Item], None]
    convert: Callable[[Item, Path], None]
    suffixes: tuple[str, ...]

    def run(self, source: Path, out: Path, *, skip_bad: bool = False) -> Written:
        """Convert a file, or every one of a folder.

        out: the file to write for a single one, or the folder, which is made; NAME.jpg becomes
            NAME.png, or NAME.jpg.png where two would be called so.
        Raises DataError naming what cannot be used, unless skip_bad, and ValueError where an input
        would be overwritten or the format of `out` is another; nothing is written then.
        """
        items = self.find(source)
        targets = self._targets(items, source, out)
        inputs = {file.resolve() for item in items for file in item.files}
        if clash := [target for target in targets if target.resolve() in inputs]:
            raise ValueError(f"the output would overwrite {clash[0]}; choose another --out")
        good = usable(items, self.check, skip_bad)
        for item, target in zip(items, targets, strict=True):
            if item in good:
                self.convert(item, target)
        return Written(len(good), self.noun, out)

    def _targets(self, items: Sequence[Item], source: Path, out: Path) -> list[Path]:
        if source.is_file() or (len(items) == 1 and out.suffix.lower() in self._known(items[0])):
            return [self._target(items[0], out)]
        names = [item.name for item in items]
        stems = [item.name.removesuffix(item.file.suffix) for item in items]
        return [out / x for x in output_names(names, stems, list(map(self._suffix, items)))]

    def _target(self, item: Item, out: Path) -> Path:
        if not out.suffix or out.is_dir():
            return out / Path(item.file.name).with_suffix(self._suffix(item))
        if out.suffix.lower() not in self._known(item):
            raise ValueError(
                f"{self.noun}s are written as {' or '.join(self._known(item))}; got {out.name!r}"
            )
        return out

    def _suffix(self, item: Item) -> str:
        own, known = item.file.suffix, self._known(item)
        return self.suffixes[0] or (own if own.lower() in known else known[0])

    def _known(self, item: Item) -> tuple[str, ...]:
        return tuple(suffix for suffix in self.suffixes if suffix)


def output_names(names: Sequence[str], stems: Sequence[str], suffixes: Sequence[str]) -> list[str]:
    """A name for the output of each input: STEM.png, or NAME.png where two would be called so.

    Two are called so, too, where a disk makes no difference between their letters.
    Raises ValueError where even the inputs are.
    """
    short = {name: f"{stem}{end}" for name, stem, end in zip(names, stems, suffixes, strict=True)}
    long = {name: f"{name}{end}" for name, end in zip(names, suffixes, strict=True)}
    found = distinct_names(short, long, _folded)
    counts = Counter(map(_folded, found.values()))
    if twins := [name for name, target in found.items() if counts[_folded(target)] > 1]:
        raise ValueError(
            f"on some disks {' and '.join(sorted(twins)[:2])} would have one output: rename one"
        )
    return list(found.values())


def _folded(name: str) -> str:
    """A name as disks compare it that know no capitals, or store letters in another form."""
    return unicodedata.normalize("NFC", name).casefold()


def usable(
    items: Sequence[Item], check: Callable[[Item], None], skip_bad: bool
) -> dict[Item, None]:
    """The items that can be used. Raises DataError naming the others, unless skip_bad."""
    bad: dict[Item, str] = {}
    for item in items:
        try:
            check(item)
        except ValueError as error:
            bad[item] = str(error)
        except (MemoryError, RecursionError) as error:
            bad[item] = f"{item.file} takes more memory than there is: {error}"
    if bad and (not skip_bad or len(bad) == len(items)):
        if len(items) == 1:
            raise DataError(next(iter(bad.values())))
        more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        raise UnusableFilesError(
            "; ".join(list(bad.values())[:NAMED]) + more, len(bad) < len(items)
        )
    return {item: None for item in items if item not in bad}


def find_files(source: Path, extensions: Collection[str], noun: str) -> list[Item]:
    """The file `source`, or every file below the folder `source` with such an ending, by name.

    Raises DataError where there is none.
    """
    if source.is_dir():
        return [Item(name, (file,)) for name, file in files_in(source, extensions, f"{noun}s")]
    if not source.exists():
        raise DataError(f"{source} does not exist; give one {noun} or a folder of them")
    return [Item(as_text(source.name), (source,))]

"""What pictures of one's own are asked by: a table beside them, `captions.tsv` and its kin.

Each line has a picture's name, counted from the table's own folder, a tab, and then

- captions.tsv: a sentence. A picture with several lines is there several times in training.
- attributes.tsv: numbers, a column each, whose names are the first line; labels.tsv: 0 or 1 each.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import torch
from torch import Tensor

from gansmith.data.build import conditioned, image_dataset
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import Bad
from gansmith.data.readers.file_list import TABLES, Member
from gansmith.data.readers.pictures import UnreadableError
from gansmith.data.spec import DataError, Dataset
from gansmith.data.text import END, UNKNOWN, Vocabulary, spoken

MAX_WORDS = 64
Names = Sequence[str]


@dataclass(frozen=True)
class Line:
    """A line of a table: where it stands, the member it is about, and its cells."""

    where: str
    name: str
    cells: list[str]


@dataclass(frozen=True)
class Told:
    """What a table says: lines by member name, column names, and what is bad in it."""

    table: str
    lines: dict[str, list[Line]]
    columns: tuple[str, ...]
    bad: Bad

    def missing(self, members: Sequence[Member]) -> Bad:
        """Pictures that it says nothing about."""
        why = f"has no line in {self.table}"
        known = self.lines.keys() | self.bad.keys()
        return {member.name: why for member in members if member.name not in known}

    def beside(self, dataset: Dataset, train: Names, held: Names) -> Dataset:
        """The pictures of these members, each with its condition."""
        if self.table == "captions.tsv":
            return self._captioned(dataset, train, held)
        kind = "labels" if self.table == "labels.tsv" else "attributes"
        told, out = self._values(train), self._values(held)
        if kind == "labels":
            return conditioned(dataset, Condition("labels", self.columns), told, out)
        low, high = self._range(told, dataset.spec.name)
        told, out = (2 * (values - low) / (high - low) - 1 for values in (told, out))
        condition = Condition("attributes", self.columns, tuple(low.tolist()), tuple(high.tolist()))
        return conditioned(dataset, condition, told, out)

    def _values(self, part: Names) -> Tensor:
        rows = [[float(cell) for cell in self.lines[name][0].cells] for name in part]
        return torch.tensor(rows, dtype=torch.float32).view(len(part), len(self.columns))

    def _range(self, train: Tensor, where: str) -> tuple[Tensor, Tensor]:
        """What -1 and 1 stand for: themselves, or the ends of a column that leaves them."""
        low, high = train.amin(0), train.amax(0)
        inside = (low >= -1) & (high <= 1)
        low, high = low.masked_fill(inside, -1.0), high.masked_fill(inside, 1.0)
        if bool((low == high).any()):
            name = self.columns[int((low == high).nonzero()[0])]
            raise DataError(f"{where}: {name} has one value everywhere: leave the column out")
        return low, high

    def _captioned(self, dataset: Dataset, train: Names, held: Names) -> Dataset:
        told = [line.cells[0] for name in train for line in self.lines[name]]
        first = [self.lines[name][0].cells[0] for name in held]
        words = Vocabulary([END, UNKNOWN, *Vocabulary.build(told, split=spoken).words[1:]])
        length = max(len(spoken(text)) for text in [*told, *first])
        tokens, out = (
            torch.from_numpy(words.encode(texts, length, spoken)[0]) for texts in (told, first)
        )
        condition = Condition("sentence", vocab=len(words), length=length)
        if len(told) > len(train):
            dataset = repeated(dataset, [len(self.lines[name]) for name in train])
        return conditioned(dataset, condition, tokens, out, words.words)


def repeated(dataset: Dataset, times: Sequence[int]) -> Dataset:
    """The training pictures so many times each. Raises DataError for pictures in a file."""
    spec = dataset.spec
    if dataset.file is not None:
        raise DataError(
            f"{spec.name} is too large for several captions of a picture: give one line each, or "
            "a smaller --size"
        )
    count = torch.tensor(times)
    train = {key: value.repeat_interleave(count, 0) for key, value in dataset.train.items()}
    return image_dataset(
        spec.name, train, dataset.held, classes=spec.classes, source=spec.source, filter=spec.filter
    )


def read_told(members: Sequence[Member], where: str) -> Told | None:
    """What the tables among the members say; None when there is none.

    Raises DataError for tables of two kinds, a table that is not UTF-8 or of another form. Lines
    without a picture, and lines whose cells cannot be used, are bad.
    """
    tables = [member for member in members if PurePosixPath(member.name).name in TABLES]
    kinds = {PurePosixPath(member.name).name for member in tables}
    if not kinds:
        return None
    if len(kinds) > 1:
        raise DataError(f"{where} has {' and '.join(sorted(kinds))}: pictures are asked by one")
    table = kinds.pop()
    headers: dict[tuple[str, ...], str] = {}
    lines: dict[str, list[Line]] = {}
    bad: Bad = {}
    there = {member.name for member in members if member.is_picture}
    for member in tables:
        rows = _lines(member, where)
        if table != "captions.tsv":
            if len(rows) < 2 or len(rows[0].cells) < 1:
                raise DataError(
                    f"{where}: {member.name} wants a first line with the names of its columns, and "
                    "a line for each picture"
                )
            headers.setdefault(tuple(cell.strip() for cell in rows.pop(0).cells), member.name)
        columns = next(iter(headers), ("caption",))
        for row in rows:
            if why := _wrong(row, columns, table, there):
                bad[row.name if row.name in there else row.where] = why
            else:
                lines.setdefault(row.name, []).append(row)
    if len(headers) > 1:
        raise DataError(f"{where}: {' and '.join(headers.values())} have other columns")
    twice = {name for name, rows in lines.items() if len(rows) > 1 and table != "captions.tsv"}
    bad |= {name: f"has {len(lines[name])} lines in {table}" for name in twice}
    return Told(table, lines, next(iter(headers), ()), bad)


def _lines(member: Member, where: str) -> list[Line]:
    """The lines that are not blank."""
    folder = PurePosixPath(member.name).parent
    try:
        text = member.read().removeprefix(BOM_UTF8).decode("utf-8")
    except (UnreadableError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: {member.name} cannot be read: {error}; it is UTF-8") from error
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            name, *cells = line.split("\t")
            rows.append(Line(f"{member.name}:{number}", str(folder / name.strip()), cells))
    return rows


def _wrong(row: Line, columns: tuple[str, ...], table: str, there: set[str]) -> str:
    """Why a line cannot be used, or ""."""
    if row.name not in there:
        return f"speaks of {row.name}, which is no picture there"
    if len(row.cells) != len(columns):
        return (
            f"has {len(row.cells)} cells after its name in {row.where}, where {len(columns)} are "
            "expected, with tabs between"
        )
    if table == "captions.tsv":
        count = len(spoken(row.cells[0]))
        if not count:
            return f"has an empty caption in {row.where}"
        return f"has {count} words in {row.where}, more than {MAX_WORDS}" * (count > MAX_WORDS)
    try:
        values = torch.tensor([float(cell) for cell in row.cells])
    except ValueError as error:
        return f"has no numbers in {row.where}: {error}"
    if not bool(values.isfinite().all()):
        return f"has a value in {row.where} that is not finite"
    if table == "labels.tsv" and not bool(((values == 0) | (values == 1)).all()):
        return f"has labels other than 0 and 1 in {row.where}"
    return ""

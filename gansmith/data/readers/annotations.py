"""What the user's files are conditioned on: a table beside them, `captions.tsv` and its kin.

Each line has a file's name, relative to the table's own folder, a tab, and then

- captions.tsv: a sentence. A file with several lines is there several times in training.
- attributes.tsv: numbers, a column each, whose names are the first line; labels.tsv: 0 or 1 each.

captions.csv is the same as captions.tsv with commas, and optionally a first line of names.
metadata.csv and metadata.jsonl are those of Hugging Face's imagefolder: `file_name`, and a column
of sentences (TEXTS) or, without one, columns of numbers, which are attributes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor

from gansmith.data.build import with_condition
from gansmith.data.condition import Condition
from gansmith.data.domains import select_rows
from gansmith.data.readers.decode_cache import BadFiles
from gansmith.data.readers.file_list import IMAGES, TABLES, DataFile, Media
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_size import unusable_files
from gansmith.data.readers.lines import listed_name, read_lines
from gansmith.data.spec import DataError, Dataset
from gansmith.data.text import END, UNKNOWN, Vocabulary, split_words

MAX_WORDS = 64
NAME = "file_name"
NAMES = (NAME, "filename", "file", "image", "image_name", "name")  # of the first column of a .csv
TEXTS = ("text", "caption", "prompt", "description", "sentence")
Names = Sequence[str]


@dataclass(frozen=True)
class Line:
    """A line of a table: where it stands, the file that it is about, and its cells."""

    where: str
    name: str
    cells: list[str]


@dataclass(frozen=True)
class Annotations:
    """The content of a table: lines by file name, column names, and what is bad in it.

    kind: captions, attributes or labels.
    """

    table: str
    kind: str
    lines: dict[str, list[Line]]
    columns: tuple[str, ...]
    bad: BadFiles

    def missing(self, files: Sequence[DataFile]) -> BadFiles:
        """The files that have no line."""
        why = f"has no line in {self.table}"
        known = self.lines.keys() | self.bad.keys()
        return {file.name: why for file in files if file.name not in known}

    def add_to(self, dataset: Dataset, train: Names, held_out: Names) -> Dataset:
        """The examples of a data set with their conditions; a file name for each example."""
        if self.kind == "captions":
            return self._captioned(dataset, train, held_out)
        rows = [self._values(train), self._values(held_out)]
        if self.kind == "labels":
            if empty := (rows[0].amax(0) == 0).nonzero().flatten().tolist():
                names = ", ".join(self.columns[k] for k in empty[:5])
                raise DataError(
                    f"{dataset.spec.name}: no training file has the label {names}: leave it out"
                )
            return with_condition(dataset, Condition("label-set", self.columns), rows[0], rows[1])
        low, high = self._range(rows[0], dataset.spec.name)
        rows = [2 * (values - low) / (high - low) - 1 for values in rows]
        condition = Condition("attributes", self.columns, tuple(low.tolist()), tuple(high.tolist()))
        return with_condition(dataset, condition, rows[0], rows[1])

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

    def _captioned(self, dataset: Dataset, train: Names, held_out: Names) -> Dataset:
        texts = [line.cells[0] for name in train for line in self.lines[name]]
        first = [self.lines[name][0].cells[0] for name in held_out]
        words = Vocabulary([END, UNKNOWN, *Vocabulary.build(texts, split=split_words).words[1:]])
        length = max(len(split_words(text)) for text in [*texts, *first])
        tokens = [
            torch.from_numpy(words.encode(part, length, split_words)[0]) for part in (texts, first)
        ]
        condition = Condition("sentence", vocab=len(words), length=length)
        if len(texts) > len(train):
            dataset = _repeated(dataset, [len(self.lines[name]) for name in train])
        return with_condition(dataset, condition, tokens[0], tokens[1], words.words)


def _repeated(dataset: Dataset, times: Sequence[int]) -> Dataset:
    """The training examples so many times each. Raises DataError for examples in a file."""
    spec = dataset.spec
    if dataset.file is not None:
        raise DataError(
            f"{spec.name} is too large for several captions of an image: give one line each, or a "
            "smaller --size"
        )
    rows = torch.arange(spec.train).repeat_interleave(torch.tensor(times))
    return select_rows(dataset, rows, torch.arange(spec.held_out))


def read_annotations(
    files: Sequence[DataFile], where: str, media: Media = IMAGES
) -> Annotations | None:
    """The content of the tables among the files; None when there is none.

    media: the kind of files that the tables are about.
    Raises DataError for tables of two kinds, and for a table that is not UTF-8 or of another form.
    Lines without a file, and lines whose cells cannot be used, are bad.
    """
    tables = [file for file in files if PurePosixPath(file.name).name in TABLES]
    kinds = {PurePosixPath(file.name).name for file in tables}
    if not kinds:
        return None
    if len(kinds) > 1:
        raise DataError(f"{where} has {' and '.join(sorted(kinds))}: keep one of them")
    table = kinds.pop()
    headers: dict[tuple[str, ...], str] = {}
    lines: dict[str, list[Line]] = {}
    bad: BadFiles = {}
    known = {file.name for file in files if media.holds(file)}
    for file in tables:
        kind, rows = _rows(file, where)
        if kind != "captions":
            if len(rows) < 2 or len(rows[0].cells) < 1:
                raise DataError(
                    f"{where}: {file.name} needs a first line with the names of its columns, and "
                    "a line for each file"
                )
            headers.setdefault(tuple(cell.strip() for cell in rows.pop(0).cells), file.name)
        columns = next(iter(headers), ("caption",))
        for row in rows:
            if why := _wrong(row, columns, kind, known, media.noun):
                bad[row.name if row.name in known else row.where] = why
            else:
                lines.setdefault(row.name, []).append(row)
    if len(headers) > 1:
        raise DataError(f"{where}: {' and '.join(headers.values())} have different columns")
    twice = {name for name, rows in lines.items() if len(rows) > 1 and kind != "captions"}
    bad |= {name: f"has {len(lines[name])} lines in {table}" for name in twice}
    if bad and not lines:
        raise unusable_files(bad, (), Path(where), "lines")
    return Annotations(table, kind, lines, next(iter(headers), ()), bad)


def _rows(file: DataFile, where: str) -> tuple[str, list[Line]]:
    """The kind of a table, and its lines that are not blank; the first has names of columns, but
    of captions.
    """
    try:
        raw = file.read()
    except UnreadableError as error:
        raise DataError(f"{where}: {file.name} cannot be read: {error}") from error
    name = PurePosixPath(file.name)
    lines = read_lines(io.BytesIO(raw), f"{where}: {file.name}")
    if name.stem == "metadata":
        return _metadata(file, list(lines), where)
    split = [x.split("\t") for x in lines] if name.suffix == ".tsv" else list(csv.reader(lines))
    cells = [(k, row) for k, row in enumerate(split, 1) if any(map(str.strip, row))]
    if name.suffix == ".csv" and cells and cells[0][1][0].strip().lower() in NAMES:
        del cells[0]
    return name.stem, [
        Line(f"{file.name}:{k}", listed_name(file.name, row[0].strip()), row[1:])
        for k, row in cells
    ]


def _metadata(file: DataFile, lines: list[str], where: str) -> tuple[str, list[Line]]:
    """The lines of Hugging Face's metadata.csv or metadata.jsonl."""
    try:
        if file.name.endswith(".csv"):
            found = [(k, dict(row)) for k, row in enumerate(csv.DictReader(lines), 2)]
        else:
            found = [(k, dict(json.loads(x))) for k, x in enumerate(lines, 1) if x.strip()]
        names = [listed_name(file.name, str(row.pop(NAME))) for _, row in found]
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise DataError(
            f"{where}: {file.name} is not of the form of Hugging Face's imagefolder, with "
            f"{NAME} in each line: {error!r}"
        ) from error
    columns = list(found[0][1]) if found else []
    places = [f"{file.name}:{number}" for number, _ in found]
    if text := next((column for column in TEXTS if column in columns), None):
        return "captions", [
            Line(place, name, [str(sentence)])
            for place, name, (_, row) in zip(places, names, found, strict=True)
            for sentence in (row[text] if isinstance(row.get(text), list) else [row.get(text, "")])
        ]
    rows = [
        Line(place, name, [_cell(row.get(column, "")) for column in columns])
        for place, name, (_, row) in zip(places, names, found, strict=True)
    ]
    return "attributes", [Line(file.name, "", columns), *rows]


def _cell(value: Any) -> str:
    return str(int(value) if isinstance(value, bool) else value)


def _wrong(row: Line, columns: tuple[str, ...], kind: str, known: set[str], noun: str) -> str:
    """Why a line cannot be used, or ""."""
    if not row.cells:
        mark = "comma" if ".csv:" in row.where else "tab"
        return f"has no {mark} in {row.where}: a line is a file's name, a {mark}, and its content"
    if row.name not in known:
        return f"is about {row.name}, which is not among the {noun}"
    if len(row.cells) != len(columns):
        return (
            f"has {len(row.cells)} cells after its name in {row.where}, where {len(columns)} are "
            "expected, with tabs between"
        )
    if kind == "captions":
        count = len(split_words(row.cells[0]))
        if not count:
            return f"has an empty caption in {row.where}"
        return f"has {count} words in {row.where}, more than {MAX_WORDS}" * (count > MAX_WORDS)
    try:
        values = torch.tensor([float(cell) for cell in row.cells])
    except ValueError as error:
        return f"has no numbers in {row.where}: {error}"
    if not bool(values.isfinite().all()):
        return f"has a value in {row.where} that is not finite"
    if kind == "labels" and not bool(((values == 0) | (values == 1)).all()):
        return f"has labels other than 0 and 1 in {row.where}"
    return ""

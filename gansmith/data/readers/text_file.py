"""Sentences as a Dataset: UTF-8, one per line, words between blanks, maybe gzipped.

- a .txt file: sentences
- a .tsv file, or a .txt file each of whose lines has exactly one tab: pairs, `source<TAB>target`
- a folder with source.txt and target.txt, line by line: the same
- a folder with several .txt files: labelled sentences, whose class is the name of their file

A target is conditioned on its source. Words are taken as they stand (no lower-casing, no
tokenizing); blank lines are skipped.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from gansmith.data.build import text_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import BadFiles
from gansmith.data.readers.file_list import RATIO, SMALL, gunzip, list_files, read_bytes
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_size import unusable_files
from gansmith.data.readers.layout import HELD_OUT_NAMES
from gansmith.data.readers.lines import read_lines
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields
from gansmith.data.text import END, UNKNOWN, Vocabulary

SUFFIXES = (".txt", ".txt.gz", ".tsv", ".tsv.gz")
PLAIN = SUFFIXES[:2]
PARALLEL = ("source", "target")
MAX_WORDS = 32  # longer sentences are left out by default


class Line(NamedTuple):
    """A sentence: "file:line", itself, what it is conditioned on ("": nothing), its class."""

    where: str
    text: str
    source: str = ""
    label: int = 0


def read_text(path: Path, options: ReadOptions) -> Dataset:
    """Sentences of a file, or pairs of them, with those of a sibling held out, or a tenth.

    The sibling of NAME.txt is NAME_val.txt, NAME.val.txt or NAME-val.txt, of train.txt it is
    val.txt; valid, validation and test likewise. Otherwise the sentence itself (of pairs the
    source) decides on which side it falls, so repeats stay together.

    Sentences of more than `options.size` words (MAX_WORDS when None) are left out and listed in
    `skipped`; the spec's length is that of the longest sentence that remains. The vocabulary is
    that of the training part. When the held-out part has other words, words that occur once in
    training become UNKNOWN too, so that UNKNOWN is learnt.
    """
    lines = _lines(path)
    if ".tsv" in path.name or (lines and all(line.text.count("\t") == 1 for line in lines)):
        lines = _split_pairs(lines, path)
    sibling = held_out_sibling(path)
    others = None
    if sibling:
        others = _lines(sibling)
        others = _split_pairs(others, sibling) if lines and lines[0].source else others
        refuse_val(options.val, f"{path} with {sibling.name}")
    stem = _stem(path)
    name = path.absolute().parent.name if stem == "train" else stem
    return _dataset(name, lines, others, (), path, options)


def read_parallel(folder: Path, options: ReadOptions) -> Dataset:
    """The sentences of target.txt, each conditioned on the same line of source.txt.

    Both may have a sibling with held-out lines, as in `read_text`. Raises DataError when they
    differ in their numbers of lines, or a line is blank on one side only.
    """
    paths = [_first(folder, name) for name in PARALLEL]
    siblings = [held_out_sibling(path) for path in paths]
    others = None
    if all(siblings):
        others = _parallel([path for path in siblings if path])
        refuse_val(options.val, f"{folder} with {' and '.join(x.name for x in siblings if x)}")
    return _dataset(folder.absolute().name, _parallel(paths), others, (), folder, options)


def read_text_folder(folder: Path, options: ReadOptions) -> Dataset:
    """The sentences of several files, labelled by the files' names.

    Held out is what stands in siblings, as in `read_text`, where each file has one; else a tenth.
    """
    every = text_files(folder)
    siblings = {path: held_out_sibling(path) for path in every}
    paths = [path for path in every if path not in siblings.values()]
    lines = [x._replace(label=k) for k, path in enumerate(paths) for x in _lines(path)]
    others = None
    if all(siblings[path] for path in paths):
        found = [(k, path) for k, x in enumerate(paths) if (path := siblings[x])]
        others = [x._replace(label=k) for k, path in found for x in _lines(path)]
        refuse_val(options.val, f"{folder} with {found[0][1].name}")
    elif odd := [path.name for path in siblings.values() if path]:
        raise DataError(f"{folder} has {odd[0]}, but not one for each of its other files")
    classes = [_stem(path) for path in paths]
    return _dataset(folder.absolute().name, lines, others, classes, folder, options)


def text_files(folder: Path) -> list[Path]:
    """The plain text files that lie directly in a folder, by name."""
    return [p for _, p in list_files(folder) if p.parent == folder and p.name.endswith(PLAIN)]


def is_parallel(folder: Path) -> bool:
    """Whether a folder has source.txt and target.txt, maybe gzipped."""
    return all(any((folder / f"{x}{end}").is_file() for end in PLAIN) for x in PARALLEL)


def held_out_sibling(path: Path) -> Path | None:
    """The file beside `path` with its held-out sentences, by the order of HELD_OUT_NAMES."""
    stem = _stem(path)
    suffixes = PLAIN if ".txt" in path.name else SUFFIXES[2:]
    base = stem.removesuffix("train").rstrip("_.-") if stem.endswith("train") else stem
    for held_out in HELD_OUT_NAMES:
        stems = [f"{base}{dash}{held_out}" for dash in "_.-"] if base else [held_out]
        for suffix in suffixes:
            for candidate in stems:
                found = path.with_name(candidate + suffix)
                if found != path and found.is_file():
                    return found
    return None


def _dataset(
    name: str,
    lines: list[Line],
    others: list[Line] | None,
    classes: Sequence[str],
    path: Path,
    options: ReadOptions,
) -> Dataset:
    """others: what is held out; None: still to be taken from `lines`."""
    options.refuse_image_options(str(path), "text", size=False)
    longest = options.size or MAX_WORDS
    train, skipped = _short(lines, longest)
    if others is not None:
        held_out, too_long = _short(others, longest)
        skipped |= too_long
    else:
        train, held_out = _held_out(train, bool(classes), options.val, str(path))
    if not train or not held_out:
        raise DataError(
            f"{path} has no sentence of 1 to {longest} words to "
            f"{'hold out' if train else 'train on'}"
            + f" ({len(skipped)} are longer); give a larger size, the most words of a sentence"
            * bool(skipped)
        )
    parts = [train, held_out]
    vocabulary, fields = _encoded([[line.text for line in part] for part in parts], path)
    if classes:
        for part, rows in zip(fields, parts, strict=True):
            part["label"] = torch.tensor([line.label for line in rows])
    dataset = text_dataset(
        name, fields[0], fields[1], vocabulary.words, classes=classes, source=str(path)
    )
    if train[0].source:
        words, sources = _encoded([[line.source for line in part] for part in parts], path)
        tokens = [part["tokens"] for part in sources]
        condition = Condition("sentence", vocab=len(words), length=tokens[0].shape[1])
        dataset = with_condition(dataset, condition, tokens[0], tokens[1], words.words)
    return replace(dataset, skipped=skipped)


def _held_out(
    lines: list[Line], by_class: bool, val: float | None, where: str
) -> tuple[list[Line], list[Line]]:
    if not lines:
        return [], []
    groups = [line.label for line in lines] if by_class else None
    out = hold_out([line.source or line.text for line in lines], val, where, groups)
    held_out = [line for line, is_out in zip(lines, out, strict=True) if is_out]
    return [line for line, is_out in zip(lines, out, strict=True) if not is_out], held_out


def _encoded(parts: list[list[str]], path: Path) -> tuple[Vocabulary, list[Fields]]:
    vocabulary = _vocabulary(parts[0], parts[1], path)
    length = max(len(sentence.split()) for part in parts for sentence in part)
    fields = []
    for part in parts:
        tokens, lengths = vocabulary.encode(part, length)
        fields.append({"tokens": torch.from_numpy(tokens), "lengths": torch.from_numpy(lengths)})
    return vocabulary, fields


def _vocabulary(train: list[str], held_out: list[str], path: Path) -> Vocabulary:
    vocabulary = Vocabulary.build(train)
    if all(word in vocabulary.index for sentence in held_out for word in sentence.split()):
        return vocabulary
    vocabulary = Vocabulary.build(train, min_count=2)
    if UNKNOWN not in vocabulary.index:
        return Vocabulary([END, UNKNOWN, *vocabulary.words[1:]])
    if len(vocabulary) == 2:
        raise DataError(
            f"{path}: no word occurs twice, so what is held out shares too little with the rest; "
            "give more sentences; words stand between blanks"
        )
    return vocabulary


def _short(lines: list[Line], longest: int) -> tuple[list[Line], dict[str, str]]:
    counts = {line.where: max(len(line.text.split()), len(line.source.split())) for line in lines}
    too_long = {
        where: f"{count} words, more than {longest}"
        for where, count in counts.items()
        if count > longest
    }
    return [line for line in lines if line.where not in too_long], too_long


def _split_pairs(lines: list[Line], path: Path) -> list[Line]:
    """Lines of `source<TAB>target`. Raises DataError naming lines that are not."""
    pairs: list[Line] = []
    bad: BadFiles = {}
    for line in lines:
        cells = [cell.strip() for cell in line.text.split("\t")]
        if len(cells) != 2 or not all(cells):
            bad[line.where] = f"{len(cells) - 1} tabs, and a sentence on each side of one is needed"
        else:
            pairs.append(line._replace(text=cells[1], source=cells[0]))
    if bad:
        raise unusable_files(bad, len(lines), path, "lines")
    return pairs


def _parallel(paths: Sequence[Path]) -> list[Line]:
    source, target = (_lines(path, blank=True) for path in paths)
    if len(source) != len(target):
        raise DataError(
            f"{paths[0]} has {len(source)} lines and {paths[1].name} {len(target)}: line for line, "
            "a target belongs to its source"
        )
    found = []
    for one, other in zip(source, target, strict=True):
        if bool(one.text) != bool(other.text):
            raise DataError(f"{paths[0].parent}: {one.where} or {other.where} is blank, not both")
        if one.text:
            found.append(other._replace(source=one.text))
    return found


def _lines(path: Path, *, blank: bool = False) -> list[Line]:
    """The lines, each with "file:line"; those that are blank only with `blank`.

    Raises DataError for a file that cannot be read, or is not UTF-8.
    """
    try:
        raw = read_bytes(path, math.inf)
        if raw.startswith(b"\x1f\x8b"):
            raw = gunzip(raw, max(SMALL, RATIO * len(raw)))
    except (OSError, EOFError, zlib.error, UnreadableError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    return [
        Line(f"{path.name}:{number}", line.strip(" "))
        for number, line in enumerate(read_lines(raw, str(path)), start=1)
        if blank or line.strip()
    ]


def _stem(path: Path) -> str:
    return path.name.split(".txt")[0].split(".tsv")[0]


def _first(folder: Path, name: str) -> Path:
    return next(folder / f"{name}{end}" for end in PLAIN if (folder / f"{name}{end}").is_file())

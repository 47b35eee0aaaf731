"""Sentences as a Dataset: UTF-8, one per line, words between blanks, maybe gzipped.

- a .txt file: sentences
- a .tsv file, or a .txt file each of whose lines has exactly one tab: pairs, `source<TAB>target`
- a folder with source.txt and target.txt, line by line: the same
- a folder with several .txt files: labelled sentences, whose class is the name of their file

A target is conditioned on its source. Words are taken as they stand (no lower-casing, no
tokenizing); blank lines are skipped. A file is read line by line, and of a line only the numbers of
its words are kept.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import torch

from gansmith.data.build import text_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import BadFiles
from gansmith.data.readers.file_list import RATIO, SMALL, gunzip, list_files, open_file
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_size import unusable_files
from gansmith.data.readers.layout import HELD_OUT_NAMES
from gansmith.data.readers.lines import read_lines
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import draw, hold_out_draws, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields
from gansmith.data.text import END, UNKNOWN, Vocabulary

SUFFIXES = (".txt", ".txt.gz", ".tsv", ".tsv.gz")
PLAIN = SUFFIXES[:2]
PARALLEL = ("source", "target")
MAX_WORDS = 32  # longer sentences are left out by default
TOGETHER = 1 << 18  # numbers of words that are put into rows at one time


class Line(NamedTuple):
    """A sentence: its number in its file, itself, and what it is conditioned on ("": nothing)."""

    number: int
    text: str
    source: str = ""


class Sentences:
    """The words of sentences, one after another, as numbers from 1 in the order of their first use.

    index: the number of each word. tokens: all words. lengths: the words of each sentence.
    """

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.tokens, self.lengths = array("i"), array("i")

    def add(self, words: list[str]) -> None:
        """Add a sentence of at least one word."""
        self.tokens.extend([self.index.setdefault(word, len(self.index) + 1) for word in words])
        self.lengths.append(len(words))

    def encoded(self, parts: Sequence[np.ndarray], path: Path) -> tuple[Vocabulary, list[Fields]]:
        """The vocabulary that the first part is written in, and the fields of each part.

        parts: the numbers of the sentences to train on, and of those to hold out.
        """
        lengths = np.asarray(self.lengths, np.int64)
        starts = np.cumsum(lengths) - lengths
        counts = [np.zeros(len(self.index) + 1, np.int64) for _ in parts]
        for part, count in zip(parts, counts, strict=True):
            for _, rows in self._rows(part, starts, lengths):
                count += np.bincount(rows.ravel(), minlength=len(count))
        vocabulary = _vocabulary(list(self.index), counts[0][1:], counts[1][1:], path)
        to = np.zeros(len(self.index) + 1, vocabulary.dtype)
        for word, number in self.index.items():
            if counts[0][number] or counts[1][number]:
                to[number] = vocabulary.number(word)
        fields = []
        for part in parts:
            tokens = np.empty((len(part), lengths.max()), to.dtype)
            for place, rows in self._rows(part, starts, lengths):
                tokens[place] = to[rows]
            of_part = torch.from_numpy(lengths[part])
            fields.append({"tokens": torch.from_numpy(tokens), "lengths": of_part})
        return vocabulary, fields

    def _rows(
        self, part: np.ndarray, starts: np.ndarray, lengths: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Sentences as rows of numbers padded with 0, some at a time, and the place of these."""
        tokens = np.asarray(self.tokens)
        column = np.arange(lengths.max())
        step = max(1, TOGETHER // len(column))
        for start in range(0, len(part), step):
            some = part[start : start + step, None]
            filled = column < lengths[some]
            rows = np.zeros(filled.shape, tokens.dtype)
            rows[filled] = tokens[(starts[some] + column)[filled]]
            yield slice(start, start + step), rows


class Corpus:
    """What is kept of the lines of files: the words as numbers, and a number or two for each line.

    longest: lines of more words, on either side, are left out and listed in `skipped`.
    draws: of each line, what decides whether it is held out (`hold_out_draws`).
    held_out: whether it comes from a file that is held out.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.longest = options.size or MAX_WORDS
        self.texts, self.sources = Sentences(), Sentences()
        self.draws, self.labels, self.held_out = array("d"), array("q"), array("b")
        self.skipped: dict[str, str] = {}

    def add(
        self, path: Path, lines: Iterator[Line], label: int = 0, *, held_out: bool = False
    ) -> None:
        """Add the lines of a file."""
        for number, text, source in lines:
            # A file of one line would take ten times its size as a list of its words.
            words, given = (side.split(None, self.longest) for side in (text, source))
            if max(len(words), len(given)) > self.longest:
                count = max(sum(1 for _ in re.finditer(r"\S+", side)) for side in (text, source))
                self.skipped[f"{path.name}:{number}"] = f"{count} words, more than {self.longest}"
                continue
            self.texts.add(words)
            if given:
                self.sources.add(given)
            self.draws.append(draw(source or text))
            self.labels.append(label)
            self.held_out.append(held_out)


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
    read = _pairs if ".tsv" in path.name or _has_pairs(path) else _lines
    sibling = held_out_sibling(path)
    corpus = Corpus(options)
    corpus.add(path, read(path))
    if sibling:
        refuse_val(options.val, f"{path} with {sibling.name}")
        corpus.add(sibling, read(sibling), held_out=True)
    stem = _stem(path)
    name = path.absolute().parent.name if stem == "train" else stem
    return corpus_dataset(name, corpus, bool(sibling), (), path, options)


def read_parallel(folder: Path, options: ReadOptions) -> Dataset:
    """The sentences of target.txt, each conditioned on the same line of source.txt.

    Both may have a sibling with held-out lines, as in `read_text`. Raises DataError when they
    differ in their numbers of lines, or a line is blank on one side only.
    """
    paths = [_first(folder, name) for name in PARALLEL]
    siblings = [path for path in map(held_out_sibling, paths) if path]
    split = len(siblings) == len(paths)
    corpus = Corpus(options)
    corpus.add(paths[1], _parallel(paths))
    if split:
        refuse_val(options.val, f"{folder} with {' and '.join(x.name for x in siblings)}")
        corpus.add(siblings[1], _parallel(siblings), held_out=True)
    return corpus_dataset(folder.absolute().name, corpus, split, (), folder, options)


def read_text_folder(folder: Path, options: ReadOptions) -> Dataset:
    """The sentences of several files, labelled by the files' names.

    Held out is what stands in siblings, as in `read_text`, where each file has one; else a tenth.
    """
    every = text_files(folder)
    siblings = {path: held_out_sibling(path) for path in every}
    paths = [path for path in every if path not in siblings.values()]
    found = [sibling for path in paths if (sibling := siblings[path])]
    split = len(found) == len(paths)
    if split:
        refuse_val(options.val, f"{folder} with {found[0].name}")
    elif found:
        raise DataError(f"{folder} has {found[0].name}, but not one for each of its other files")
    corpus = Corpus(options)
    for held_out, files in ((False, paths), (True, found)):
        for label, path in enumerate(files):
            corpus.add(path, _lines(path), label, held_out=held_out)
    classes = [_stem(path) for path in paths]
    return corpus_dataset(folder.absolute().name, corpus, split, classes, folder, options)


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


def corpus_dataset(
    name: str,
    corpus: Corpus,
    split: bool,
    classes: Sequence[str],
    path: Path,
    options: ReadOptions,
) -> Dataset:
    """The data set of a corpus.

    split: whether the files say what is held out; otherwise a part of the lines is.
    """
    options.refuse_image_options(str(path), "text", size=False)
    labels = np.asarray(corpus.labels, np.int64)
    if split or not corpus.draws:
        out = np.asarray(corpus.held_out, bool)
    else:
        groups = labels if classes else None
        out = hold_out_draws(np.asarray(corpus.draws), options.val, str(path), groups)
    parts = [(~out).nonzero()[0], out.nonzero()[0]]
    if not all(map(len, parts)):
        raise DataError(_too_few(corpus, parts, path))
    vocabulary, fields = corpus.texts.encoded(parts, path)
    if classes:
        for part, rows in zip(fields, parts, strict=True):
            part["label"] = torch.from_numpy(labels[rows])
    dataset = text_dataset(
        name, fields[0], fields[1], vocabulary.words, classes=classes, source=str(path)
    )
    if corpus.sources.lengths:
        words, sources = corpus.sources.encoded(parts, path)
        tokens = [part["tokens"] for part in sources]
        condition = Condition("sentence", vocab=len(words), length=tokens[0].shape[1])
        dataset = with_condition(dataset, condition, tokens[0], tokens[1], words.words)
    return replace(dataset, skipped=corpus.skipped)


def _too_few(corpus: Corpus, parts: Sequence[np.ndarray], path: Path) -> str:
    """Why a part of a corpus has no sentence, and what to do."""
    part = "hold out" if len(parts[0]) else "train on"
    if corpus.skipped:
        return (
            f"{path}: no sentence to {part}: {len(corpus.skipped)} have more than {corpus.longest} "
            "words. Give a larger --size, the most words of a sentence"
        )
    if not sum(map(len, parts)):
        return f"{path} holds no sentence: put one into each line"
    return f"{path} has no sentence to {part}: add some"


def _vocabulary(
    words: Sequence[str], train: np.ndarray, held_out: np.ndarray, path: Path
) -> Vocabulary:
    """train, held_out: how often each word stands there."""
    counts = {word: count for word, count in zip(words, train.tolist(), strict=True) if count}
    vocabulary = Vocabulary.from_counts(counts)
    known = set(vocabulary.index)
    if UNKNOWN not in known:
        known.remove(END)  # as a word of a sentence it is UNKNOWN
    if known.issuperset(words[k] for k in held_out.nonzero()[0].tolist()):
        return vocabulary
    vocabulary = Vocabulary.from_counts(counts, min_count=2)
    if UNKNOWN not in vocabulary.index:
        return Vocabulary([END, UNKNOWN, *vocabulary.words[1:]])
    if len(vocabulary) == 2:
        raise DataError(
            f"{path}: no word occurs twice, so nothing can be learned about what is held out. "
            "Words are what stands between blanks: in a language that is written without, such as "
            "Chinese, put a blank between the characters; otherwise give more sentences"
        )
    return vocabulary


def _has_pairs(path: Path) -> bool:
    """Whether each of the lines, and there is one, has exactly one tab."""
    return any(_lines(path)) and all(line.text.count("\t") == 1 for line in _lines(path))


def _pairs(path: Path) -> Iterator[Line]:
    """Lines of `source<TAB>target`. Raises DataError naming lines that are not."""
    bad: BadFiles = {}
    for line in _lines(path):
        cells = [cell.strip() for cell in line.text.split("\t")]
        if len(cells) != 2 or not all(cells):
            bad[f"{path.name}:{line.number}"] = (
                f"{len(cells) - 1} tabs, and a sentence on each side of one is needed"
            )
        else:
            yield Line(line.number, cells[1], cells[0])
    if bad:
        names = (f"{path.name}:{line.number}" for line in _lines(path))
        raise unusable_files(bad, names, path, "lines", may_skip=False)


def _parallel(paths: Sequence[Path]) -> Iterator[Line]:
    source, target = (sum(1 for _ in _lines(path, blank=True)) for path in paths)
    if source != target:
        raise DataError(
            f"{paths[0]} has {source} lines and {paths[1].name} has {target}: each line of the one "
            "needs its partner in the same line of the other"
        )
    for one, other in zip(*(_lines(path, blank=True) for path in paths), strict=True):
        if bool(one.text) != bool(other.text):
            names = " and ".join(f"{path.name}:{one.number}" for path in paths)
            raise DataError(
                f"{paths[0].parent}: of {names} only one is blank; fill it, or clear both"
            )
        if one.text:
            yield Line(one.number, other.text, one.text)


def _lines(path: Path, *, blank: bool = False) -> Iterator[Line]:
    """The lines with their numbers; those that are blank only with `blank`.

    Raises DataError for a file that cannot be read, or is not UTF-8.
    """
    try:
        with _unpacked(path) as file:
            for number, line in enumerate(read_lines(file, str(path)), start=1):
                if blank or line.strip():
                    yield Line(number, line.strip(" "))
    except (OSError, EOFError, zlib.error, UnreadableError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _unpacked(path: Path) -> BinaryIO:
    """A file to be read; what is packed is unpacked in memory, once, up to a limit."""
    file = open_file(path)
    if not file.peek(2).startswith(b"\x1f\x8b"):
        return file
    with file:
        raw = file.read()
    return gunzip(raw, max(SMALL, RATIO * len(raw)))


def _stem(path: Path) -> str:
    return path.name.split(".txt")[0].split(".tsv")[0]


def _first(folder: Path, name: str) -> Path:
    return next(folder / f"{name}{end}" for end in PLAIN if (folder / f"{name}{end}").is_file())

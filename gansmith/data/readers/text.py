"""A file of sentences as a Dataset: UTF-8, one per line, words between blanks, maybe gzipped."""

from __future__ import annotations

import gzip
import zlib
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path

import torch

from gansmith.data.build import text_dataset
from gansmith.data.readers.layout import HELD_NAMES
from gansmith.data.readers.options import Wishes
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields
from gansmith.data.text import END, UNKNOWN, Vocabulary

SUFFIXES = (".txt", ".txt.gz")
MAX_WORDS = 32  # longer sentences are left out unless another length is asked for
Numbered = list[tuple[str, str]]  # ("file:line", sentence)


def read_text(path: Path, wishes: Wishes) -> Dataset:
    """Sentences of a file, with those of a sibling held out, or else a tenth of its own.

    Words are taken as they stand (no lower-casing, no tokenising); blank lines are skipped. The
    sibling of NAME.txt is NAME_val.txt, NAME.val.txt or NAME-val.txt, of train.txt it is val.txt;
    valid, validation and test likewise. Otherwise the sentence itself decides on which side it
    falls, so repeats stay together.

    Sentences of more than `size` words (MAX_WORDS when None) are left out and listed in `skipped`;
    the spec's length is that of the longest sentence that remains. The vocabulary is that of the
    training part. When the held out part has other words, words seen once in training become
    UNKNOWN too, so that UNKNOWN is learnt.
    """
    wishes.refuse_pictures(str(path), "text", size=False)
    longest = wishes.size or MAX_WORDS
    train, skipped = _short(_lines(path), longest)
    sibling = held_sibling(path)
    if sibling:
        refuse_val(wishes.val, f"{path} with {sibling.name}")
        held, too_long = _short(_lines(sibling), longest)
        skipped |= too_long
    else:
        train, held = _parted(train, wishes.val, str(path))
    if not train or not held:
        raise DataError(
            f"{path} has no sentence of 1 to {longest} words to "
            f"{'hold out' if train else 'train on'} ({len(skipped)} are longer); "
            "give a larger size, the most words of a sentence"
        )
    vocabulary = _vocabulary(train, held, path)
    length = max(len(sentence.split()) for _, sentence in train + held)
    stem = path.name.split(".txt")[0]
    dataset = text_dataset(
        path.absolute().parent.name if stem == "train" else stem,
        _fields(train, vocabulary, length),
        _fields(held, vocabulary, length),
        vocabulary.words,
        source=str(path),
    )
    return replace(dataset, skipped=skipped)


def _parted(lines: Numbered, val: float | None, where: str) -> tuple[Numbered, Numbered]:
    if not lines:
        return [], []
    out = hold_out([sentence for _, sentence in lines], val, where)
    held = [line for line, is_out in zip(lines, out, strict=True) if is_out]
    return [line for line, is_out in zip(lines, out, strict=True) if not is_out], held


def held_sibling(path: Path) -> Path | None:
    """The file beside `path` with its held out sentences; HELD_NAMES is the order of preference."""
    stem = path.name.split(".txt")[0]
    base = stem.removesuffix("train").rstrip("_.-") if stem.endswith("train") else stem
    for held in HELD_NAMES:
        stems = [f"{base}{dash}{held}" for dash in "_.-"] if base else [held]
        for suffix in SUFFIXES:
            for candidate in stems:
                found = path.with_name(candidate + suffix)
                if found != path and found.is_file():
                    return found
    return None


def _vocabulary(train: Numbered, held: Numbered, path: Path) -> Vocabulary:
    words = [sentence for _, sentence in train]
    vocabulary = Vocabulary.build(words)
    if all(word in vocabulary.index for _, sentence in held for word in sentence.split()):
        return vocabulary
    vocabulary = Vocabulary.build(words, min_count=2)
    if UNKNOWN not in vocabulary.index:
        return Vocabulary([END, UNKNOWN, *vocabulary.words[1:]])
    if len(vocabulary) == 2:
        raise DataError(
            f"{path}: no word occurs twice, so what is held out shares too little with the rest; "
            "give more sentences"
        )
    return vocabulary


def _fields(part: Numbered, vocabulary: Vocabulary, length: int) -> Fields:
    tokens, lengths = vocabulary.encode([sentence for _, sentence in part], length)
    return {"tokens": torch.from_numpy(tokens), "lengths": torch.from_numpy(lengths)}


def _short(lines: Numbered, longest: int) -> tuple[Numbered, dict[str, str]]:
    counts = {where: len(sentence.split()) for where, sentence in lines}
    too_long = {
        where: f"{count} words, more than {longest}"
        for where, count in counts.items()
        if count > longest
    }
    return [row for row in lines if row[0] not in too_long], too_long


def _lines(path: Path) -> Numbered:
    """The lines that are not blank, each with "file:line"; DataError names the first that is not
    UTF-8.
    """
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    lines = []
    for number, line in enumerate(raw.removeprefix(BOM_UTF8).split(b"\n"), start=1):
        try:
            sentence = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}:{number} is not UTF-8 ({error.reason} at byte {error.start} of the line); "
                "convert the file to UTF-8"
            ) from error
        if sentence:
            lines.append((f"{path.name}:{number}", sentence))
    return lines

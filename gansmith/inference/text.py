"""A run applied to sentences: `gansmith translate RUN questions.txt -o replies.txt`."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.data import DataError
from gansmith.data.readers.file_list import read_bytes
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.lines import read_lines
from gansmith.inference.files import Conversion, Item, Written, find_files
from gansmith.runs.run import Run
from gansmith.sampling.prompts import parse_prompt

TOGETHER = 64  # sentences that go through a network at one time


def write_sentences(
    run: Run, source: Path, out: Path, *, seed: int = 0, skip_bad: bool = False
) -> Written:
    """Write a sentence for every line of a text file, or of each text file in a folder.

    Raises DataError naming the file and line of a word that the run does not know; empty lines
    stay empty.
    """

    def conditions(item: Item) -> tuple[list[int], Tensor]:
        places, rows = [], []
        for number, line in enumerate(_lines(item.file), start=1):
            if line.strip():
                try:
                    rows.append(parse_prompt(run.examples, line, 1)[0])
                except DataError as error:
                    raise DataError(f"{item.file}:{number}: {error}") from None
                places.append(number - 1)
        if not rows:
            raise DataError(f"{item.file} has no sentence")
        return places, torch.stack(rows)

    def convert(item: Item, target: Path) -> None:
        lines = [""] * len(_lines(item.file))
        places, rows = conditions(item)
        made: list[str] = []
        for part in rows.split(TOGETHER):
            made += run.examples.sentences(run.sample(len(part), seed, part).cpu())
        for place, sentence in zip(places, made, strict=True):
            lines[place] = sentence
        write_atomic(target, ("\n".join(lines) + "\n").encode())

    def check(item: Item) -> None:
        conditions(item)

    find = partial(find_files, extensions=(".txt",), noun="text file")
    return Conversion("text file", find, check, convert, (".txt",)).run(
        source, out, skip_bad=skip_bad
    )


def _lines(file: Path) -> list[str]:
    try:
        return list(read_lines(io.BytesIO(read_bytes(file)), str(file)))
    except UnreadableError as error:
        raise DataError(f"{file} cannot be read: {error}") from None

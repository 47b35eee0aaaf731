"""The labels of a `dataset.json`, as StyleGAN's dataset tool writes it beside the images."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from gansmith.data.readers.file_list import LABELS, DataFile
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.lines import listed_name
from gansmith.data.spec import DataError


@dataclass(frozen=True)
class Labels:
    """Labels by member name (none: unlabelled); missing: names with a label that are no member."""

    numbers: dict[str, int]
    classes: tuple[str, ...]
    missing: list[str]


def read_labels(members: Sequence[DataFile], where: str) -> Labels | None:
    """The labels of all dataset.json among the files together; None when there is none.

    Without "classes" the classes are the numbers that occur. DataError when a file is not of that
    form, when labels are vectors, or when two files disagree on the classes.
    """
    files = [member for member in members if PurePosixPath(member.name).name == LABELS]
    if not files:
        return None
    numbers: dict[str, int] = {}
    classes: set[tuple[str, ...]] = set()
    for member in files:
        content = _parsed(member, where)
        numbers |= _numbers(content.get("labels"), member.name, where)
        if isinstance(content.get("classes"), list):
            classes.add(tuple(str(name) for name in content["classes"]))
    if len(classes) > 1:
        raise DataError(
            f"{where}: its dataset.json files disagree on the classes: {sorted(classes)}"
        )
    found = sorted(set(numbers.values()))
    named = dict(enumerate(classes.pop())) if classes else {n: str(n) for n in found if n >= 0}
    wrong = next((name for name, number in numbers.items() if number not in named), None)
    if wrong is not None:
        raise DataError(
            f"{where}: dataset.json gives {wrong} the label {numbers[wrong]}, "
            f"but there are {len(named)} classes, counted from 0"
        )
    place = {number: k for k, number in enumerate(found)}
    numbers = {name: place[number] for name, number in numbers.items()}
    there = {member.name for member in members}
    return Labels(
        numbers,
        tuple(named[number] for number in found),
        [name for name in numbers if name not in there],
    )


def _parsed(member: DataFile, where: str) -> dict[str, Any]:
    try:
        content = json.loads(member.read())
    except (UnreadableError, ValueError, RecursionError) as error:
        raise DataError(f"{where}: {member.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise DataError(
            f'{where}: {member.name} should be {{"labels": [[name, number], ...]}}, '
            f"got a {type(content).__name__}"
        )
    return content


def _numbers(labels: Any, file: str, where: str) -> dict[str, int]:
    if labels is not None and not isinstance(labels, list | dict):
        got = type(labels).__name__
        raise DataError(f"{where}: {file} has labels of type {got}, expected [[name, number], ...]")
    pairs: Iterable[Any] = labels.items() if isinstance(labels, dict) else labels or []
    numbers: dict[str, int] = {}
    for pair in pairs:
        match pair:
            case [str(name), int(number)] if not isinstance(number, bool):
                if numbers.setdefault(listed_name(file, name), number) != number:
                    raise DataError(f"{where}: {file} gives {name} two labels; keep one of them")
            case _:
                raise DataError(
                    f"{where}: {file} has the label {pair!r}, expected [name, number] with a whole "
                    "number; label vectors are not supported"
                )
    return numbers

"""People in several images each: `PERSON/face/NAME.png` and `PERSON/landmarks/NAME.png`.

An example is a person: one image to be generated, from its landmarks and other images of the
person. The held-out people are others than those to train on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.build import image_dataset, with_condition
from gansmith.data.condition import Condition, stack_references
from gansmith.data.readers.decode_cache import BadFiles, decode_images
from gansmith.data.readers.file_list import IMAGES, DataFile
from gansmith.data.readers.image_file import FILTER, read_header
from gansmith.data.readers.image_size import common_size, scan_files, unusable_files
from gansmith.data.readers.layout import HELD_OUT_NAMES
from gansmith.data.readers.options import LARGE, ReadOptions
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields

SIDES = ("face", "landmarks")
MOST = 8  # reference images of an example
LIMIT = 8 * LARGE  # bytes of decoded images, which are kept in memory
Person = dict[str, tuple[DataFile, DataFile]]  # face and landmarks by their common name


def holds_persons(files: Sequence[DataFile]) -> bool:
    """Whether every image lies in a folder `face` or `landmarks`, and both occur."""
    sides = {PurePosixPath(file.name).parent.name for file in files if IMAGES.holds(file)}
    return sides == set(SIDES)


def read_persons(files: Sequence[DataFile], path: Path, options: ReadOptions) -> Dataset:
    """People by their folders, with as many references as the person of fewest images allows.

    A person with more images gives several examples. `person` numbers the people; folders `train`
    and `val` (...) are a given split, otherwise a tenth of the people is held out, by name.
    Raises DataError naming faces without landmarks, landmarks without a face, people with a single
    image, and files that cannot be read, unless options.skip_bad.
    """
    people, bad = _find(files)
    names = [file.name for file in files if IMAGES.holds(file)]
    every = [file for person in people.values() for pair in person.values() for file in pair]
    found, unread = scan_files(every, read_header)
    bad |= unread
    if bad and not options.skip_bad:
        raise unusable_files(bad, names, path)
    people = _usable(people, bad)
    if not people:
        raise unusable_files(bad, names, path)
    faces = [pair[0] for person in people.values() for pair in person.values()]
    headers = {found[file.name] for file in faces}
    size = options.size or common_size({x.side for x in headers}, path)
    channels = options.channels or (1 if all(x.grey for x in headers) else 3)
    if (needed := len(faces) * (channels + 3) * size**2) > LIMIT:
        raise DataError(
            f"{path}: people are kept in memory, and {len(faces)} images at {size} pixels would "
            f"take {needed / 2**30:.1f} GiB, more than {LIMIT / 2**30:.0f}; give a smaller --size"
        )
    images: dict[str, Tensor] = {}
    for side, depth in enumerate((channels, 3)):
        order = [pair[side] for person in people.values() for pair in person.values()]
        decoded = decode_images(order, size, depth, replace(options, large=LIMIT))
        if decoded.bad:
            if not options.skip_bad:
                raise unusable_files(decoded.bad, names, path)
            kept = [f for f in files if f.name not in decoded.bad]
            again = read_persons(kept, path, options)
            return replace(again, skipped={**again.skipped, **bad, **decoded.bad})
        values = torch.from_numpy(decoded.values)
        images |= {file.name: row for file, row in zip(order, values, strict=True)}
    return replace(_built(people, images, path, options), skipped=bad)


def _find(files: Sequence[DataFile]) -> tuple[dict[str, Person], BadFiles]:
    """People by their folder, and images without a partner."""
    sides: dict[str, dict[str, dict[str, DataFile]]] = {}
    bad: BadFiles = {}
    for file in files:
        if IMAGES.holds(file):
            place = PurePosixPath(file.name)
            person = str(place.parent.parent)
            known = sides.setdefault(person, {side: {} for side in SIDES})
            first = known[place.parent.name].setdefault(place.stem, file)
            if first is not file:
                bad[file.name] = f"has the name of {first.name}"
    for known in sides.values():
        for side, partner in (SIDES, SIDES[::-1]):
            for name in known[side].keys() - known[partner].keys():
                bad[known[side][name].name] = f"has no image of its name in {partner}"
    return {
        person: {
            name: (known["face"][name], known["landmarks"][name])
            for name in sorted(known["face"].keys() & known["landmarks"].keys())
        }
        for person, known in sorted(sides.items())
    }, bad


def _usable(people: dict[str, Person], bad: BadFiles) -> dict[str, Person]:
    """The people without bad images, who have two images or more; the others become bad."""
    kept: dict[str, Person] = {}
    for name, person in people.items():
        good = {k: pair for k, pair in person.items() if not {f.name for f in pair} & bad.keys()}
        if len(good) > 1:
            kept[name] = good
        else:
            bad[name] = f"has {len(good)} image{'s' * (len(good) != 1)}, and 2 are needed"
    return kept


def _built(
    people: dict[str, Person], images: dict[str, Tensor], path: Path, options: ReadOptions
) -> Dataset:
    count = min(MOST, min(map(len, people.values())) - 1)
    fields: list[Fields] = []
    conditions: list[Tensor] = []
    number = 0
    for names in _split(list(people), path, options):
        rows: list[tuple[Tensor, Tensor]] = []
        numbers: list[int] = []
        for name in names:
            for chosen in _groups(people[name], count + 1, number):
                face, marks = (
                    torch.stack([images[pair[side].name] for pair in chosen]) for side in (0, 1)
                )
                rows.append((face, marks))
                numbers.append(number)
            number += 1
        face, marks = (torch.stack([row[side] for row in rows]) for side in (0, 1))
        fields.append({"real": face[:, 0].contiguous(), "person": torch.tensor(numbers)})
        conditions.append(stack_references(marks[:, 0], face[:, 1:], marks[:, 1:]))
    how = f"centre crop, {FILTER}"
    dataset = image_dataset(path.stem, *fields, source=str(path), filter=how)
    _, depth, size, _ = conditions[0].shape
    condition = Condition("references", channels=depth, height=size, width=size, references=count)
    return with_condition(dataset, condition, conditions[0], conditions[1])


def _groups(person: Person, size: int, number: int) -> list[list[tuple[DataFile, DataFile]]]:
    """The images of a person in random order, in groups of `size`; the rest is left out."""
    pairs = list(person.values())
    order = Rng(number).permutation(len(pairs)).tolist()
    shuffled = [pairs[place] for place in order]
    return [shuffled[first : first + size] for first in range(0, len(pairs) - size + 1, size)]


def _split(names: list[str], path: Path, options: ReadOptions) -> list[list[str]]:
    """Whom to train on and whom to hold out."""
    given = next((x for x in HELD_OUT_NAMES if any(n.startswith(f"{x}/") for n in names)), "")
    train = [name for name in names if name.startswith("train/")]
    if given and train:
        refuse_val(options.val, str(path))
        return [train, [name for name in names if name.startswith(f"{given}/")]]
    out = hold_out(names, options.val, str(path))
    return [[n for n, is_out in zip(names, out, strict=True) if is_out == x] for x in (False, True)]

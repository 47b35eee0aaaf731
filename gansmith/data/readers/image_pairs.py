"""Pairs of images: of one name in `condition` and `real`, or the two halves of one image.

- folders `condition` and `real`, at the top or below `train` and `val`: images of one name are a
  pair, whatever their extensions
- `pairs:PATH`: images with two halves side by side, the left one the condition;
  `pairs-reversed:PATH`: the other way round, as the published facades and maps are
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import torch

from gansmith.data.build import image_dataset, with_condition
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import BadFiles, decode_images
from gansmith.data.readers.file_list import IMAGES, DataFile, open_listing
from gansmith.data.readers.image_file import (
    FILTER,
    ImageShape,
    UnreadableError,
    open_upright,
    read_shape,
)
from gansmith.data.readers.image_size import common_size, scan_files, unusable_files
from gansmith.data.readers.layout import find_layouts, split_files
from gansmith.data.readers.options import LARGE, ReadOptions
from gansmith.data.spec import DataError, Dataset

SIDES = ("condition", "real")
MOST = 8 * LARGE  # bytes of decoded pairs, which are kept in memory


class Pair(NamedTuple):
    """An image, and the image that it is the condition of."""

    condition: DataFile
    real: DataFile


def find_pairs(members: Sequence[DataFile]) -> dict[str, list[DataFile]] | None:
    """The images of `condition` and of `real`, when each lies in one of them; else None."""
    sides: dict[str, list[DataFile]] = {side: [] for side in SIDES}
    for member in members:
        if not IMAGES.holds(member):
            continue
        side = next((part for part in PurePosixPath(member.name).parts[:-1] if part in SIDES), "")
        if not side:
            return None
        sides[side].append(member)
    return sides if all(sides.values()) else None


def read_paired_files(
    sides: dict[str, list[DataFile]], path: Path, options: ReadOptions
) -> Dataset:
    """Pairs by name out of two folders. Raises DataError naming what has no partner."""
    bad: BadFiles = {}
    named: dict[str, dict[str, DataFile]] = {side: {} for side in SIDES}
    for side in SIDES:
        for member in sides[side]:
            key = str(_name(member, side).with_suffix(""))
            other = named[side].setdefault(key, member)
            if other is not member:
                bad[member.name] = f"has the name of {other.name}"
    for side, partner in (SIDES, SIDES[::-1]):
        for key in named[side].keys() - named[partner].keys():
            bad[named[side][key].name] = f"has no partner in {partner}"
    keys = sorted(named["condition"].keys() & named["real"].keys())
    found = [Pair(named["condition"][key], named["real"][key]) for key in keys]
    pairs = {str(_name(pair.real, "real")): pair for pair in found}
    if not pairs:
        raise unusable_files(bad, [x.name for side in sides.values() for x in side], path)
    return _read(pairs, bad, path, options)


def read_side_by_side(path: Path, options: ReadOptions, *, reverse: bool = False) -> Dataset:
    """Pairs out of images with two halves side by side.

    reverse: the condition is on the right. Raises DataError naming images that have no halves.
    """
    with open_listing(path) as members:
        pairs = {}
        for member in members:
            if IMAGES.holds(member):
                left, right = (replace(member, contents=partial(_half, member, s)) for s in (0, 1))
                pairs[member.name] = Pair(right, left) if reverse else Pair(left, right)
        if not pairs:
            raise DataError(f"{path} holds no images")
        return _read(pairs, {}, path, options)


def _name(member: DataFile, side: str) -> PurePosixPath:
    """The name without the folder of its side."""
    parts = list(PurePosixPath(member.name).parts)
    parts.remove(side)
    return PurePosixPath(*parts)


def _names(pairs: dict[str, Pair]) -> list[str]:
    return [file.name for pair in pairs.values() for file in pair]


def _half(member: DataFile, side: int) -> bytes:
    """The left (0) or right (1) half of an image, as an uncompressed file."""
    whole = open_upright(member.read())
    if whole.width % 2 or whole.width <= whole.height:
        raise UnreadableError(f"{whole.width}x{whole.height} pixels are not two halves in a row")
    half, page = whole.width // 2, io.BytesIO()
    whole.crop((side * half, 0, (1 + side) * half, whole.height)).save(page, "PPM")
    return page.getvalue()


def _read(pairs: dict[str, Pair], bad: BadFiles, path: Path, options: ReadOptions) -> Dataset:
    """Pairs by name as a data set, both at one size. Bad ones are refused, or left out."""
    names = _names(pairs)
    shapes: list[dict[str, ImageShape]] = []
    for side in (0, 1):
        headers, unread = scan_files([pair[side] for pair in pairs.values()], read_shape)
        shapes.append(headers)
        bad = bad | unread
    for pair in pairs.values():
        one, other = (shapes[side].get(pair[side].name) for side in (0, 1))
        if one and other and not one.like(other):
            bad[pair.condition.name] = f"{one} pixels, and {pair.real.name} has {other}"
    if bad and not options.skip_bad:
        raise unusable_files(bad, names, path)
    good = {key: p for key, p in pairs.items() if not {p.condition.name, p.real.name} & bad.keys()}
    if not good:
        raise unusable_files(bad, names, path)
    grey = [all(shapes[side][pair[side].name].grey for pair in good.values()) for side in (0, 1)]
    channels = [1 if is_grey else 3 for is_grey in grey]
    channels[1] = options.channels or channels[1]
    sides = {shapes[1][pair.real.name].side for pair in good.values()}
    size = options.size or common_size(sides, path)
    if (needed := len(good) * sum(channels) * size**2) > MOST:
        raise DataError(
            f"{path}: pairs are kept in memory, and {len(good)} at {size} pixels would take "
            f"{needed / 2**30:.1f} GiB, more than {MOST / 2**30:.0f}; give a smaller --size"
        )
    return _decoded(good, bad, path, options, size, channels)


def _decoded(
    pairs: dict[str, Pair],
    bad: BadFiles,
    path: Path,
    options: ReadOptions,
    size: int,
    channels: list[int],
) -> Dataset:
    train, held_out = _split(pairs, path, options)
    order = [*train, *held_out]
    found = [
        decode_images(
            [pairs[key][side] for key in order],
            size,
            channels[side],
            replace(options, large=sys.maxsize),
        )
        for side in (0, 1)
    ]
    if unread := found[0].bad | found[1].bad:
        if not options.skip_bad:
            raise unusable_files(bad | unread, _names(pairs), path)
        rest = {
            k: p for k, p in pairs.items() if not {p.condition.name, p.real.name} & unread.keys()
        }
        if not rest:
            raise unusable_files(bad | unread, _names(pairs), path)
        return _decoded(rest, bad | unread, path, options, size, channels)
    conditions, real = (torch.from_numpy(decoded.values) for decoded in found)
    cut = len(train)
    images = image_dataset(
        path.stem,
        {"real": real[:cut]},
        {"real": real[cut:]},
        source=str(path),
        filter=f"centre crop, {FILTER}",
    )
    condition = Condition("image", channels=channels[0], height=size, width=size)
    return replace(
        with_condition(images, condition, conditions[:cut], conditions[cut:]), skipped=bad
    )


def _split(pairs: dict[str, Pair], path: Path, options: ReadOptions) -> list[list[str]]:
    """The names of the pairs to train on, and of those held out, by the rules of `layout`."""
    files = [replace(pair.real, name=name) for name, pair in pairs.items()]
    layout = find_layouts(files, str(path), folders=False)[""]
    return [
        [file.name for file in part] for part in split_files(layout, (), str(path), options.val)
    ]

"""Pairs of pictures: of one name in `given` and `real`, or the two halves of one picture.

- folders `given` and `real`, at the top or below `train` and `val`: pictures of one name, whatever
  their extensions, are a pair
- `pairs:PATH`: pictures with two halves side by side, left what is given, right the answer;
  `pairs-back:PATH`: the other way round, as the published facades and maps are
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

from gansmith.data.build import conditioned, image_dataset
from gansmith.data.condition import Condition
from gansmith.data.readers.decode_cache import Bad, decode_all
from gansmith.data.readers.file_list import Member, listed
from gansmith.data.readers.image_size import common_size, looked_at, refusal
from gansmith.data.readers.layout import lay_out
from gansmith.data.readers.options import LARGE, Wishes
from gansmith.data.readers.pictures import FILTER, Shape, UnreadableError, shape, upright
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError, Dataset

SIDES = ("given", "real")
MOST = 8 * LARGE  # bytes of decoded pairs, which are kept in memory


class Pair(NamedTuple):
    """What is given and what it should become."""

    given: Member
    real: Member


def in_sides(members: Sequence[Member]) -> dict[str, list[Member]] | None:
    """The pictures of `given` and of `real`, when each lies in one of them; else None."""
    sides: dict[str, list[Member]] = {side: [] for side in SIDES}
    for member in members:
        if not member.is_picture:
            continue
        side = next((part for part in PurePosixPath(member.name).parts[:-1] if part in SIDES), "")
        if not side:
            return None
        sides[side].append(member)
    return sides if all(sides.values()) else None


def read_sides(sides: dict[str, list[Member]], path: Path, wishes: Wishes) -> Dataset:
    """Pairs by name out of two folders. Raises DataError naming what has no partner."""
    bad: Bad = {}
    named: dict[str, dict[str, Member]] = {side: {} for side in SIDES}
    for side in SIDES:
        for member in sides[side]:
            key = str(_name(member, side).with_suffix(""))
            other = named[side].setdefault(key, member)
            if other is not member:
                bad[member.name] = f"has the name of {other.name}"
    for side, partner in (SIDES, SIDES[::-1]):
        for key in named[side].keys() - named[partner].keys():
            bad[named[side][key].name] = f"has no partner in {partner}"
    keys = sorted(named["given"].keys() & named["real"].keys())
    found = [Pair(named["given"][key], named["real"][key]) for key in keys]
    pairs = {str(_name(pair.real, "real")): pair for pair in found}
    if not pairs:
        raise refusal(bad, sum(map(len, sides.values())), path)
    return _read(pairs, bad, path, wishes)


def read_halves(path: Path, wishes: Wishes, *, back: bool = False) -> Dataset:
    """Pairs out of pictures with two halves side by side.

    back: what is given is on the right. Raises DataError naming pictures that have no halves.
    """
    with listed(path) as members:
        pairs = {}
        for member in members:
            if member.is_picture:
                left, right = (replace(member, contents=partial(_half, member, s)) for s in (0, 1))
                pairs[member.name] = Pair(right, left) if back else Pair(left, right)
        if not pairs:
            raise DataError(f"{path} holds no pictures")
        return _read(pairs, {}, path, wishes)


def _name(member: Member, side: str) -> PurePosixPath:
    """The name without the folder of its side."""
    parts = list(PurePosixPath(member.name).parts)
    parts.remove(side)
    return PurePosixPath(*parts)


def _half(member: Member, side: int) -> bytes:
    """The left (0) or right (1) half of a picture, as an uncompressed file."""
    whole = upright(member.read())
    if whole.width % 2 or whole.width <= whole.height:
        raise UnreadableError(f"{whole.width}x{whole.height} pixels are not two halves in a row")
    half, page = whole.width // 2, io.BytesIO()
    whole.crop((side * half, 0, (1 + side) * half, whole.height)).save(page, "PPM")
    return page.getvalue()


def _read(pairs: dict[str, Pair], bad: Bad, path: Path, wishes: Wishes) -> Dataset:
    """Pairs by name as a data set, both at one size. Bad ones are refused, or left out."""
    total = len(pairs) + len(bad)
    shapes: list[dict[str, Shape]] = []
    for side in (0, 1):
        seen, unread = looked_at([pair[side] for pair in pairs.values()], shape)
        shapes.append(seen)
        bad = bad | unread
    for pair in pairs.values():
        given, real = (shapes[side].get(pair[side].name) for side in (0, 1))
        if given and real and not given.like(real):
            bad[pair.given.name] = f"{given} pixels, and {pair.real.name} has {real}"
    if bad and not wishes.skip_bad:
        raise refusal(bad, total, path)
    good = {key: p for key, p in pairs.items() if not {p.given.name, p.real.name} & bad.keys()}
    if not good:
        raise refusal(bad, total, path)
    grey = [all(shapes[side][pair[side].name].grey for pair in good.values()) for side in (0, 1)]
    channels = [1 if is_grey else 3 for is_grey in grey]
    channels[1] = wishes.channels or channels[1]
    sides = {shapes[1][pair.real.name].side for pair in good.values()}
    size = wishes.size or common_size(sides, path)
    if (needed := len(good) * sum(channels) * size**2) > MOST:
        raise DataError(
            f"{path}: pairs are kept in memory, and {len(good)} at {size} pixels would take "
            f"{needed / 2**30:.1f} GiB, more than {MOST / 2**30:.0f}; give a smaller --size"
        )
    return _decoded(good, bad, path, wishes, size, channels)


def _decoded(
    pairs: dict[str, Pair], bad: Bad, path: Path, wishes: Wishes, size: int, channels: list[int]
) -> Dataset:
    train, held = _parts(pairs, path, wishes)
    order = [*train, *held]
    found = [
        decode_all(
            [pairs[key][side] for key in order],
            size,
            channels[side],
            replace(wishes, large=sys.maxsize),
        )
        for side in (0, 1)
    ]
    if unread := found[0].bad | found[1].bad:
        if not wishes.skip_bad:
            raise refusal(bad | unread, len(pairs), path)
        rest = {k: p for k, p in pairs.items() if not {p.given.name, p.real.name} & unread.keys()}
        if not rest:
            raise refusal(bad | unread, len(pairs), path)
        return _decoded(rest, bad | unread, path, wishes, size, channels)
    given, real = (torch.from_numpy(decoded.values) for decoded in found)
    cut = len(train)
    pictures = image_dataset(
        path.stem,
        {"real": real[:cut]},
        {"real": real[cut:]},
        source=str(path),
        filter=f"centre crop, {FILTER}",
    )
    condition = Condition("image", channels=channels[0], height=size, width=size)
    return replace(conditioned(pictures, condition, given[:cut], given[cut:]), skipped=bad)


def _parts(pairs: dict[str, Pair], path: Path, wishes: Wishes) -> tuple[list[str], list[str]]:
    """The names of the pairs to train on, and of those held out, by the rules of `layout`."""
    members = [replace(pair.real, name=name) for name, pair in pairs.items()]
    plan = lay_out(members, str(path), folders=False)[""]
    train = [member.name for member in plan.train]
    if plan.held is not None:
        refuse_val(wishes.val, str(path))
        return train, [member.name for member in plan.held]
    out = hold_out(train, wishes.val, str(path))
    held = [name for name, is_out in zip(train, out, strict=True) if is_out]
    return [name for name, is_out in zip(train, out, strict=True) if not is_out], held

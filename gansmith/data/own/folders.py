"""Pictures in a folder or a zip as a Dataset: loose, by class, split, or in two domains."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import image_dataset, unpaired
from gansmith.data.own.holdout import hold_out, refuse_val
from gansmith.data.own.layout import Plan, lay_out
from gansmith.data.own.members import Member, in_folder, in_zip
from gansmith.data.own.pictures import EXTENSIONS, FILTER, Glance, UnreadableError, glance
from gansmith.data.own.store import BLOCK, Bad, decode_all
from gansmith.data.own.wishes import Wishes
from gansmith.data.rows import RowFile
from gansmith.data.spec import DataError, Dataset, Fields

SIZES = (64, 32, 16, 8)  # what pictures of different sizes are brought to
KEPT = 128  # the largest side that pictures all share and that is kept without asking
NAMED = 10  # bad files that an error names


def read_folder(path: Path, wishes: Wishes) -> Dataset:
    """All pictures below a folder, by the rules of `layout`."""
    return read_members(in_folder(path), path, wishes)


def read_zip(path: Path, wishes: Wishes) -> Dataset:
    """All pictures in a zip, by the same rules; they are read in memory, nothing is extracted."""
    try:
        with zipfile.ZipFile(path) as archive:
            return read_members(in_zip(archive), path, wishes)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is no zip file, or a truncated one: {error}") from error


def read_members(members: Sequence[Member], path: Path, wishes: Wishes) -> Dataset:
    """Pictures as a Dataset; DataError naming the bad ones, unless they are to be skipped.

    Default channels: 1 when every picture is stored as grey, else 3. Default size: the shorter side
    when all pictures share it and it is at most KEPT; else the largest of SIZES that no picture is
    smaller than.
    """
    plans = lay_out(members, str(path))
    there = [m for plan in plans.values() for m in (*plan.train, *(plan.held or []))]
    bad = {name: why for plan in plans.values() for name, why in plan.bad.items()}
    size, channels = wishes.size, wishes.channels
    if size is None or channels is None:
        glances, unseen = _glances(there)
        bad |= unseen
        if not glances:
            raise refusal(bad, len(there), path)
        size = shared_size({g.side for g in glances}, path) if size is None else size
        channels = (1 if all(g.grey for g in glances) else 3) if channels is None else channels
    sets, files = {}, {}
    for domain, plan in plans.items():
        train, held = _parts(plan, bad, path, wishes.val)
        array, unread, files[domain] = decode_all([*train, *held], size, channels, wishes)
        bad |= unread
        sets[domain] = _fields(array, train, held, plan, bad)
    if bad and not wishes.skip_bad:
        raise refusal(bad, len(there), path)
    if not all(len(part["real"]) for parts in sets.values() for part in parts):
        raise DataError(
            f"{path}: without {len(bad)} bad pictures a part of it is empty; repair them"
        )
    return replace(_joined(path, plans, sets, files), skipped=bad)


def _parts(
    plan: Plan, bad: Bad, path: Path, val: float | None
) -> tuple[list[Member], list[Member]]:
    """Training and held out members that are not known to be bad."""
    train = [member for member in plan.train if member.name not in bad]
    if plan.held is not None:
        refuse_val(val, str(path))
        return train, [member for member in plan.held if member.name not in bad]
    if not train:
        return [], []
    out = hold_out([member.name for member in train], val, str(path))
    held = [member for member, is_out in zip(train, out, strict=True) if is_out]
    return [member for member, is_out in zip(train, out, strict=True) if not is_out], held


def _fields(
    array: np.ndarray, train: list[Member], held: list[Member], plan: Plan, bad: Bad
) -> tuple[Fields, Fields]:
    """The array's rows are the good ones of train, then the good ones of held."""
    good = [[member for member in part if member.name not in bad] for part in (train, held)]
    real = torch.from_numpy(array)
    rows = (real[: len(good[0])], real[len(good[0]) :])
    if not plan.classes:
        return {"real": rows[0]}, {"real": rows[1]}
    labels = [torch.tensor([plan.labels[m.name] for m in part], dtype=torch.int64) for part in good]
    return {"real": rows[0], "label": labels[0]}, {"real": rows[1], "label": labels[1]}


def _joined(
    path: Path,
    plans: dict[str, Plan],
    sets: dict[str, tuple[Fields, Fields]],
    files: dict[str, RowFile | None],
) -> Dataset:
    def built(domain: str) -> Dataset:
        name = f"{path.stem}-{domain}" if domain else path.stem
        train, held = sets[domain]
        how = f"centre crop, {FILTER}"
        dataset = image_dataset(
            name, train, held, classes=plans[domain].classes, source=str(path), filter=how
        )
        file = files[domain]
        return file.behind(dataset) if file else dataset

    return built("") if "" in plans else unpaired(path.stem, built("a"), built("b"))


def _glances(members: Sequence[Member]) -> tuple[set[Glance], Bad]:
    """All that differ, and what cannot be read."""

    def look(member: Member) -> Glance | str:
        try:
            return glance(member.read())
        except UnreadableError as error:
            return str(error)

    seen: set[Glance] = set()
    bad: Bad = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(members), BLOCK):
            block = members[start : start + BLOCK]
            for member, what in zip(block, pool.map(look, block), strict=True):
                if isinstance(what, str):
                    bad[member.name] = what
                else:
                    seen.add(what)
    return seen, bad


def shared_size(sides: set[int], path: Path) -> int:
    """The size that pictures with these shorter sides are brought to.

    Raises DataError when they are too small for any.
    """
    if len(sides) == 1 and max(sides) <= KEPT:
        return sides.pop()
    fitting = [size for size in SIZES if size <= min(sides)]
    if not fitting:
        raise DataError(
            f"{path}: the sides of the pictures go down to {min(sides)} pixels; give the size "
            "that all should have (--size)"
        )
    return fitting[0]


def read_pictures(path: Path, size: int, channels: int, skip_bad: bool) -> dict[str, Tensor]:
    """Every picture below a folder by its name, uint8 (channels, size, size) each.

    Raises DataError when there is none, or one cannot be read and `skip_bad` is false.
    """
    if not path.is_dir():
        raise DataError(f"{path} is no folder; give one that holds pictures")
    members = [member for member in in_folder(path) if member.is_picture]
    if not members:
        raise DataError(f"{path} holds no pictures ({', '.join(sorted(EXTENSIONS))})")
    pixels, bad, _ = decode_all(members, size, channels, Wishes(skip_bad=skip_bad))
    if bad and (not skip_bad or len(bad) == len(members)):
        raise refusal(bad, len(members), path)
    names = [member.name for member in members if member.name not in bad]
    return dict(zip(names, torch.from_numpy(pixels), strict=True))


def refusal(bad: Bad, total: int, path: Path, what: str = "pictures") -> DataError:
    """What is wrong with which of the files, of which there are `total`."""
    shown = "".join(f"\n  {name}: {why}" for name, why in sorted(bad.items())[:NAMED])
    more = f"\n  and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return DataError(
        f"{path}: {len(bad)} of {total} {what} cannot be used:{shown}{more}\n"
        "repair or remove them, or pass --skip-bad to leave them out"
    )

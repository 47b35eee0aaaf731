"""Pictures in a folder or a zip as a Dataset: loose, by class, split, or in two domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import image_dataset, unpaired
from gansmith.data.memmap import RowFile
from gansmith.data.readers.annotations import read_told
from gansmith.data.readers.decode_cache import Bad, decode_all
from gansmith.data.readers.file_list import Member, in_folder, listed
from gansmith.data.readers.image_size import common_size, looked_at, refusal
from gansmith.data.readers.layout import Plan, lay_out
from gansmith.data.readers.options import Wishes
from gansmith.data.readers.pairs import in_sides, read_sides
from gansmith.data.readers.pictures import EXTENSIONS, FILTER, glance
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields


def read_folder(path: Path, wishes: Wishes) -> Dataset:
    """All pictures below a folder, by the rules of `layout`."""
    return read_members(in_folder(path), path, wishes)


def read_zip(path: Path, wishes: Wishes) -> Dataset:
    """All pictures in a zip, by the same rules; they are read in memory, nothing is extracted."""
    with listed(path) as members:
        return read_members(members, path, wishes)


def read_members(members: Sequence[Member], path: Path, wishes: Wishes) -> Dataset:
    """Pictures as a Dataset; DataError naming the bad ones, unless they are to be skipped.

    Default channels: 1 when every picture is stored as grey, else 3. Default size: the shorter side
    when all pictures share it and it is at most KEPT; else the largest of SIZES that no picture is
    smaller than.
    """
    if sides := in_sides(members):
        return read_sides(sides, path, wishes)
    told = read_told(members, str(path))
    plans = lay_out(members, str(path), folders=told is None)
    there = [m for plan in plans.values() for m in (*plan.train, *(plan.held or []))]
    bad = {name: why for plan in plans.values() for name, why in plan.bad.items()}
    if told is not None:
        if "" not in plans:
            raise DataError(f"{path} has two domains, which {told.table} does not go with")
        bad |= told.bad | told.missing(there)
        if bad and not wishes.skip_bad:
            raise refusal(bad, len(there), path)
    size, channels, unseen = _form(there, path, wishes)
    bad |= unseen
    sets, files, kept = {}, {}, {}
    for domain, plan in plans.items():
        train, held = _parts(plan, bad, path, wishes.val)
        array, unread, files[domain] = decode_all([*train, *held], size, channels, wishes)
        bad |= unread
        kept[domain] = [[m for m in part if m.name not in bad] for part in (train, held)]
        sets[domain] = _fields(array, kept[domain], plan)
    if bad and not wishes.skip_bad:
        raise refusal(bad, len(there), path)
    if not all(len(part["real"]) for parts in sets.values() for part in parts):
        raise DataError(
            f"{path}: without {len(bad)} bad pictures a part of it is empty; repair them"
        )
    dataset = _joined(path, plans, sets, files)
    if told is not None:
        dataset = told.beside(dataset, *([m.name for m in part] for part in kept[""]))
    return replace(dataset, skipped=bad)


def _form(there: list[Member], path: Path, wishes: Wishes) -> tuple[int, int, Bad]:
    """The size and channels that all are brought to, and what cannot be read."""
    size, channels = wishes.size, wishes.channels
    if size is not None and channels is not None:
        return size, channels, {}
    seen, bad = looked_at(there, glance)
    glances = set(seen.values())
    if not glances:
        raise refusal(bad, len(there), path)
    size = common_size({g.side for g in glances}, path) if size is None else size
    channels = (1 if all(g.grey for g in glances) else 3) if channels is None else channels
    return size, channels, bad


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


def _fields(array: np.ndarray, good: list[list[Member]], plan: Plan) -> tuple[Fields, Fields]:
    """The array's rows are those of train, then those of held."""
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

"""A folder of WAV and FLAC files as a Dataset: one set of sounds, or pairs of clean and noisy ones.

- `clean` and `noisy`: pairs, a file of each name in both
- `train` (and `val`, `valid`, `validation` or `test`): a given split of either
- otherwise every file below the folder, whatever the folders between are called

Channels are mixed to one. Where rates differ, all are brought to the lowest. Files are cut into
rows of one length; the last row of each is filled with zeros.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from gansmith.audio import EXTENSIONS, SoundError, mono, open_sound, read_sound, resample
from gansmith.data.audio import sound_dataset
from gansmith.data.build import conditioned
from gansmith.data.condition import Condition
from gansmith.data.readers.layout import HELD_NAMES
from gansmith.data.readers.options import Wishes
from gansmith.data.readers.pictures import EXTENSIONS as PICTURES
from gansmith.data.readers.split import hold_out, refuse_val
from gansmith.data.spec import DataError, Dataset, Fields

MOST = 1 << 29  # samples, 2 GiB of float32
ROW = 8192  # samples of a row for every 8 kHz
SHORTEST = 0.25  # of a row that must be filled, but in a file that is shorter
NAMED = 5  # of many bad files
SIDES = ("clean", "noisy")
Waves = dict[str, Tensor]  # (T,), by the file's place in the folder
Rows = dict[str, tuple[Tensor, ...]]  # the sound, or clean and noisy, by name


def holds_sounds(folder: Path) -> bool:
    """Whether there is a sound anywhere below a folder.

    Raises DataError when there are pictures too.
    """
    names = [name.lower() for _, _, found in os.walk(folder) for name in found]
    sounds = [name for name in names if name.endswith(EXTENSIONS)]
    pictures = [name for name in names if name.endswith(PICTURES)] if sounds else []
    if pictures:
        raise DataError(
            f"{folder} holds {len(sounds)} sounds and {len(pictures)} pictures; give a folder of "
            "one kind"
        )
    return bool(sounds)


def read_sounds(path: Path, wishes: Wishes) -> Dataset:
    """The sounds below a folder, in rows of `wishes.size` samples, about a second by default.

    Raises DataError for files that cannot be read, unless wishes.skip_bad; for pairs that do not
    fit; for more than 2^29 samples.
    """
    wishes.refuse_pictures(str(path), "sounds", size=False)
    waves, rate, skipped = _read(path, wishes.skip_bad)
    parts = [_sides(part, f"{path}") for part in _split(waves)]
    if len(parts) == 1:
        parts = _parted(parts[0], wishes.val, str(path))
    else:
        refuse_val(wishes.val, str(path))
    size = wishes.size or ROW * max(1, round(rate / 8000))
    train, held = (_rows(part, size) for part in parts)
    asked = [part.pop("given") for part in (train, held) if "given" in part]
    dataset = sound_dataset(path.absolute().name, train, held, rate, source=str(path))
    if asked:
        dataset = conditioned(dataset, Condition("wave", length=size), asked[0], asked[1])
    return replace(dataset, skipped=skipped)


def _below(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in EXTENSIONS)


def _read(path: Path, skip_bad: bool) -> tuple[Waves, int, dict[str, str]]:
    """Every sound as one channel at the lowest rate of all; that rate; why some are left out."""
    found: dict[str, tuple[Tensor, int]] = {}
    skipped: dict[str, str] = {}
    count = 0
    for file in _below(path):
        name = file.relative_to(path).as_posix()
        try:
            with open_sound(file) as opened:
                count += opened.frames
            if count > MOST:
                raise DataError(f"{path} holds more than {MOST:,} samples: take fewer files")
            recording = read_sound(file)
            found[name] = mono(recording.wave), recording.rate
        except SoundError as error:
            skipped[name] = str(error)
    if not found or (skipped and not skip_bad):
        shown = "".join(f"\n  {why}" for why in list(skipped.values())[:NAMED])
        raise DataError(
            f"{path}: {len(skipped)} sounds cannot be used:{shown}\n"
            "repair or remove them, or pass --skip-bad to leave them out"
        )
    rate = min(own for _, own in found.values())
    waves = {k: resample(wave, own, rate).clamp(-1, 1) for k, (wave, own) in found.items()}
    return waves, rate, skipped


def _split(waves: Waves) -> list[Waves]:
    """What is trained on and what is held out, where that is given; else all of it."""
    train, *held = (_inside(waves, part) for part in ("train", *HELD_NAMES))
    given = next((part for part in held if part), None)
    return [train, given] if train and given else [train or waves]


def _inside(waves: Waves, folder: str) -> Waves:
    return {k.partition("/")[2]: v for k, v in waves.items() if k.startswith(f"{folder}/")}


def _sides(waves: Waves, where: str) -> Rows:
    """Pairs of what lies in clean and in noisy, where there are such folders."""
    clean, noisy = (_inside(waves, side) for side in SIDES)
    if not (clean and noisy):
        return {name: (wave,) for name, wave in waves.items()}
    if alone := sorted(set(clean) ^ set(noisy)):
        raise DataError(
            f"{where}: every sound stands in clean and in noisy under one name; "
            f"{', '.join(alone[:NAMED])} do not ({len(alone)} in all)"
        )
    for name, wave in clean.items():
        if len(wave) != len(noisy[name]):
            raise DataError(
                f"{where}: {name} has {len(wave)} samples clean and {len(noisy[name])} noisy, at "
                "one rate; cut them alike"
            )
    return {name: (clean[name], noisy[name]) for name in clean}


def _parted(rows: Rows, val: float | None, where: str) -> list[Rows]:
    out = dict(zip(rows, hold_out(list(rows), val, where), strict=True))
    return [{k: v for k, v in rows.items() if out[k] == side} for side in (False, True)]


def _rows(waves: Rows, size: int) -> Fields:
    """Rows of `size` samples with their lengths; rows of silence are left out."""
    rows: list[list[Tensor]] = []
    lengths: list[int] = []
    for sides in waves.values():
        for start in range(0, len(sides[0]), size):
            cut = [wave[start : start + size] for wave in sides]
            filled = len(cut[0])
            if cut[0].any() and not (start and filled < SHORTEST * size):
                rows.append([torch.nn.functional.pad(x, (0, size - filled)) for x in cut])
                lengths.append(filled)
    if not rows:
        raise DataError("there is nothing but silence among the sounds of a part")
    columns = [torch.stack(column) for column in zip(*rows, strict=True)]
    fields = {"real": columns[0], "lengths": torch.tensor(lengths)}
    return fields | ({"given": columns[1]} if len(columns) > 1 else {})

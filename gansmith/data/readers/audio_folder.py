"""Audio files in a folder or a zip as a Dataset: a set, pairs, or two domains.

- `clean` and `noisy` (or `real` and `condition`): pairs, a file of each name in both
- otherwise the rules of `layout`: a given split, class folders, two domains
- captions.tsv, attributes.tsv, labels.tsv beside the files: conditions (`annotations`)

Channels are mixed to one. Where rates differ, all are brought to the lowest. Files are cut into
rows of one length; the last row of each is filled with zeros. Silent files are left out.

Each file is read twice, block by block: to look at it, since the rate, and what is held out, depend
on all files, and to cut it. So beside the rows no waveform is in memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path, PurePosixPath

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.audio import AudioError, AudioFile, in_pieces, resample_blocks
from gansmith.data.audio import audio_dataset
from gansmith.data.build import with_condition
from gansmith.data.condition import Condition
from gansmith.data.domains import domains_dataset
from gansmith.data.readers.annotations import read_annotations
from gansmith.data.readers.decode_cache import BadFiles
from gansmith.data.readers.file_list import AUDIO, DataFile
from gansmith.data.readers.image_file import UnreadableError
from gansmith.data.readers.image_size import unusable_files
from gansmith.data.readers.layout import (
    Layout,
    find_layouts,
    split_files,
    without_empty_classes,
)
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import DataError, Dataset, Fields

MOST = 1 << 29  # samples, 2 GiB of float32
ROW = 8192  # samples of a row for every 8 kHz
SHORTEST = 0.25  # of a row that must be filled, but in a file that is shorter
SIDES = {"clean": "noisy", "real": "condition"}  # what is generated, and what it is conditioned on


@dataclass(frozen=True)
class Sound:
    """A file that was looked at: its rate, the samples at that, and whether all are zero."""

    file: DataFile
    rate: int
    count: int
    silent: bool

    def length(self, rate: int) -> int:
        """The samples that it has at another rate."""
        return -(-self.count * rate // self.rate)

    def waveform(self, rate: int, where: str) -> Iterator[Tensor]:
        """Its samples at a rate, (n,) each time. Raises DataError when it is no longer the same."""
        for block in resample_blocks(self._blocks(where), self.rate, rate):
            yield block.clamp(-1, 1)

    def _blocks(self, where: str) -> Iterator[Tensor]:
        changed = DataError(f"{where}: {self.file.name} changed while it was read; begin again")
        left = self.count
        try:
            with AudioFile(io.BytesIO(self.file.read())) as audio:
                for block in audio.mono():
                    left -= len(block)
                    if left < 0:
                        break
                    yield torch.from_numpy(block)
        except (AudioError, UnreadableError) as error:
            raise changed from error
        if left:
            raise changed


@dataclass(frozen=True)
class Rows:
    """Waveforms cut into rows: for each row the file that it is from and the samples in it."""

    real: Tensor  # (N, size)
    condition: Tensor | None  # the same rows of the other waveforms, of pairs
    lengths: Tensor
    names: list[str]


def read_audio_files(files: Sequence[DataFile], path: Path, options: ReadOptions) -> Dataset:
    """The sounds among files, in rows of `options.size` samples, about a second by default.

    path: where the files lie.
    Raises DataError naming files that cannot be read, unless options.skip_bad; for pairs that do
    not fit; for more than 2^29 samples.
    """
    options.refuse_image_options(str(path), "sounds", size=False)
    sounds = [file for file in files if AUDIO.holds(file)]
    pairs, alone = _find_pairs(sounds, str(path))
    annotations = None if pairs else read_annotations(files, str(path), AUDIO)
    # a pair goes by the name of its clean side, without the folder
    listed = [replace(clean, name=name) for name, (clean, _) in pairs.items()] or list(files)
    layouts = find_layouts(listed, str(path), AUDIO, folders=not pairs and annotations is None)
    every = [f for x in layouts.values() for f in (*x.train, *(x.held_out or []))]
    bad = alone | {name: why for x in layouts.values() for name, why in x.bad.items()}
    if annotations is not None:
        if "" not in layouts:
            raise DataError(f"{path} has two domains: their sounds take no conditions")
        bad |= annotations.bad | annotations.missing(every)
    found, unread = _look(sounds, path)
    rate = min((sound.rate for sound in found.values()), default=0)
    partner = {name: (clean.name, noisy.name) for name, (clean, noisy) in pairs.items()}
    bad |= unread | _bad_pairs(partner, found, unread, rate)
    if bad and (not options.skip_bad or not found):
        raise unusable_files(bad, [sound.name for sound in sounds], path, AUDIO.noun)
    for name in {file.name for file in every} - bad.keys():
        if found[partner.get(name, (name,))[0]].silent:
            bad[name] = "is silent"
    size = options.size or ROW * max(1, round(rate / 8000))
    datasets, names = {}, {}
    for domain, layout in layouts.items():
        chosen = split_files(layout, bad, str(path), options.val)
        if not all(chosen):
            raise unusable_files(bad, [file.name for file in every], path, AUDIO.noun)
        parts = [
            _cut(
                {x.name: [found[side] for side in partner.get(x.name, (x.name,))] for x in part},
                size,
                rate,
                str(path),
            )
            for part in chosen
        ]
        names[domain] = [part.names for part in parts]
        layout = without_empty_classes(layout, {name for part in names[domain] for name in part})
        datasets[domain] = _built(
            f"{path.absolute().name}-{domain}" if domain else path.absolute().name,
            parts,
            layout,
            rate,
            str(path),
        )
    if "" not in datasets:
        return replace(domains_dataset(path.absolute().name, datasets), skipped=bad)
    dataset = datasets[""]
    if annotations is not None:
        dataset = annotations.add_to(dataset, *names[""])
    return replace(dataset, skipped=bad)


def _find_pairs(
    sounds: list[DataFile], where: str
) -> tuple[dict[str, tuple[DataFile, DataFile]], BadFiles]:
    """Clean and noisy files by their common name, where every file lies in one of two folders.

    Beside them the files without a partner.
    """
    for target, source in SIDES.items():
        sides: dict[str, dict[str, DataFile]] = {target: {}, source: {}}
        for file in sounds:
            parts = list(PurePosixPath(file.name).parts)
            side = next((part for part in parts[:-1] if part in sides), "")
            if not side:
                break
            parts.remove(side)
            other = sides[side].setdefault(str(PurePosixPath(*parts)), file)
            if other is not file:
                raise DataError(f"{where}: {file.name} has the name of {other.name}; rename one")
        else:
            if all(sides.values()):
                both = sides[target].keys() & sides[source].keys()
                alone = {
                    file.name: f"has no partner in {other}"
                    for side, other in ((target, source), (source, target))
                    for name, file in sides[side].items()
                    if name not in both
                }
                if not both:
                    raise unusable_files(
                        alone, [sound.name for sound in sounds], Path(where), AUDIO.noun
                    )
                return {x: (sides[target][x], sides[source][x]) for x in sorted(both)}, alone
    return {}, {}


def _bad_pairs(
    partner: dict[str, tuple[str, str]], found: dict[str, Sound], unread: BadFiles, rate: int
) -> BadFiles:
    """Pairs by name of which a side cannot be read, or that are not equally long."""
    bad: BadFiles = {}
    for name, sides in partner.items():
        if why := next((unread[side] for side in sides if side in unread), ""):
            bad[name] = why
            continue
        clean, noisy = (found[side].length(rate) for side in sides)
        if clean != noisy:
            bad[name] = f"has {clean} samples clean and {noisy} noisy, at one rate"
    return bad


def _look(sounds: list[DataFile], path: Path) -> tuple[dict[str, Sound], BadFiles]:
    """What is known of every sound, by its name, and what cannot be read."""
    found: dict[str, Sound] = {}
    bad: BadFiles = {}
    total = 0
    for file in sounds:
        count, silent = 0, True
        try:
            with AudioFile(io.BytesIO(file.read())) as audio:
                for block in audio.mono():
                    count += len(block)
                    silent = silent and not block.any()
        except (AudioError, UnreadableError) as error:
            bad[file.name] = str(error)
            continue
        found[file.name] = Sound(file, audio.rate, count, silent)
        total += count
        if total > MOST:
            raise DataError(f"{path} holds more than {MOST:,} samples: take fewer files")
    return found, bad


def _cut(sounds: dict[str, list[Sound]], size: int, rate: int, where: str) -> Rows:
    """Rows of `size` samples, one file after another; rows of silence are left out.

    sounds: by the name of an example, its sound, or both of a pair.
    """
    most = 0
    for sides in sounds.values():
        most += ceil(sides[0].length(rate) / size)
    columns = [torch.empty(most, size) for _ in next(iter(sounds.values()))]
    lengths: list[int] = []
    owners: list[str] = []
    for name, sides in sounds.items():
        pieces = [in_pieces(side.waveform(rate, where), size) for side in sides]
        for number, cut in enumerate(zip(*pieces, strict=True)):
            filled = len(cut[0])
            if cut[0].any() and not (number and filled < SHORTEST * size):
                for column, piece in zip(columns, cut, strict=True):
                    column[len(owners)] = F.pad(piece, (0, size - filled))
                lengths.append(filled)
                owners.append(name)
    if not owners:
        raise DataError(f"{where}: a part of it has no sound that can be used")
    real, *conditions = [column[: len(owners)] for column in columns]
    return Rows(real, conditions[0] if conditions else None, torch.tensor(lengths), owners)


def _built(name: str, parts: list[Rows], layout: Layout, rate: int, source: str) -> Dataset:
    fields: list[Fields] = []
    for rows in parts:
        fields.append({"real": rows.real, "lengths": rows.lengths})
        if layout.classes:
            fields[-1]["label"] = torch.tensor([layout.labels[owner] for owner in rows.names])
    dataset = audio_dataset(name, fields[0], fields[1], rate, classes=layout.classes, source=source)
    conditions = [rows.condition for rows in parts if rows.condition is not None]
    if not conditions:
        return dataset
    condition = Condition("waveform", length=dataset.spec.length, rate=rate)
    return with_condition(dataset, condition, conditions[0], conditions[1])

"""Images in a folder or a zip as a Dataset: loose, by class, split, or in two domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gansmith.data.build import image_dataset
from gansmith.data.domains import domains_dataset
from gansmith.data.memmap import RowFile
from gansmith.data.readers.annotations import read_annotations
from gansmith.data.readers.decode_cache import BadFiles, decode_images
from gansmith.data.readers.file_list import IMAGES, DataFile, list_folder
from gansmith.data.readers.image_file import EXTENSIONS, FILTER, read_header
from gansmith.data.readers.image_pairs import find_pairs, read_paired_files
from gansmith.data.readers.image_size import common_size, scan_files, unusable_files
from gansmith.data.readers.layout import (
    Layout,
    find_layouts,
    split_files,
    without_empty_classes,
)
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import DataError, Dataset, Fields


class Companions(Protocol):
    """Conditions of images that lie beside them, in a table or in files of their names."""

    @property
    def bad(self) -> BadFiles:
        """Images, or lines of a table, that cannot be used, and why."""
        ...

    def missing(self, files: Sequence[DataFile]) -> BadFiles:
        """The images that have none, and why this is so."""
        ...

    def add_to(self, dataset: Dataset, train: Sequence[str], held_out: Sequence[str]) -> Dataset:
        """The images with their conditions; train, held_out: the names of their files, in order."""
        ...


def read_image_files(
    files: Sequence[DataFile],
    path: Path,
    options: ReadOptions,
    companions: Companions | None = None,
) -> Dataset:
    """Images as a Dataset, by the rules of `layout`; DataError naming the bad ones.

    path: where the files lie. With options.skip_bad the bad ones are left out.
    companions: what the images are conditioned on; by default what a table beside them says, and
        folders are then no classes.
    Default channels: 1 when every image is stored as grey, else 3. Default size: the shorter side
    when all images share it and it is at most KEPT; else the largest of SIZES that no image is
    smaller than.
    """
    if sides := find_pairs(files):
        return read_paired_files(sides, path, options)
    table = None if companions else read_annotations(files, str(path))
    layouts = find_layouts(files, str(path), folders=table is None)
    companions = companions or table
    every = [f for layout in layouts.values() for f in (*layout.train, *(layout.held_out or []))]
    bad = {name: why for layout in layouts.values() for name, why in layout.bad.items()}
    if companions is not None:
        if "" not in layouts:
            raise DataError(f"{path} has two domains: their images take no conditions")
        bad |= companions.bad | companions.missing(every)
        if bad and not options.skip_bad:
            raise unusable_files(bad, [x.name for x in every], path, "files")
    if not every:
        raise unusable_files(bad, (), path, "files")
    size, channels, unread = _form(every, path, options)
    bad |= unread
    sets, mapped, kept = {}, {}, {}
    for domain, layout in layouts.items():
        train, held_out = split_files(layout, bad, str(path), options.val)
        array, unread, mapped[domain] = decode_images([*train, *held_out], size, channels, options)
        bad |= unread
        kept[domain] = [[f for f in part if f.name not in bad] for part in (train, held_out)]
        names = [f.name for part in kept[domain] for f in part]
        layouts[domain] = without_empty_classes(layout, names)
        sets[domain] = _fields(array, kept[domain], layouts[domain])
    if bad and not options.skip_bad:
        raise unusable_files(bad, [x.name for x in every], path)
    if not all(len(part["real"]) for parts in sets.values() for part in parts):
        raise DataError(
            f"{path}: without the {len(bad)} bad images, none is left to train on "
            "or none to hold out: repair some, or add others"
        )
    dataset = _joined(path, layouts, sets, mapped)
    if companions is not None:
        dataset = companions.add_to(dataset, *([f.name for f in part] for part in kept[""]))
    return replace(dataset, skipped=bad)


def _form(files: list[DataFile], path: Path, options: ReadOptions) -> tuple[int, int, BadFiles]:
    """The size and channels that all are brought to, and what cannot be read."""
    size, channels = options.size, options.channels
    if size is not None and channels is not None:
        return size, channels, {}
    found, bad = scan_files(files, read_header)
    headers = set(found.values())
    if not headers:
        raise unusable_files(bad, [file.name for file in files], path)
    size = common_size({x.side for x in headers}, path) if size is None else size
    channels = (1 if all(x.grey for x in headers) else 3) if channels is None else channels
    return size, channels, bad


def _fields(array: np.ndarray, kept: list[list[DataFile]], layout: Layout) -> list[Fields]:
    """The array's rows are those of train, then those held out."""
    real, count = torch.from_numpy(array), len(kept[0])
    fields = [{"real": real[:count]}, {"real": real[count:]}]
    if layout.classes:
        for part, files in zip(fields, kept, strict=True):
            part["label"] = torch.tensor([layout.labels[f.name] for f in files], dtype=torch.int64)
    return fields


def _joined(
    path: Path,
    layouts: dict[str, Layout],
    fields: dict[str, list[Fields]],
    mapped: dict[str, RowFile | None],
) -> Dataset:
    def built(domain: str) -> Dataset:
        dataset = image_dataset(
            f"{path.stem}-{domain}" if domain else path.stem,
            *fields[domain],
            classes=layouts[domain].classes,
            source=str(path),
            filter=f"centre crop, {FILTER}",
        )
        file = mapped[domain]
        return file.attach_to(dataset) if file else dataset

    if "" in layouts:
        return built("")
    return domains_dataset(path.stem, {domain: built(domain) for domain in layouts})


def read_images(path: Path, size: int, channels: int, skip_bad: bool) -> dict[str, Tensor]:
    """An image, or every image below a folder, by its name: uint8 (channels, size, size) each.

    Raises DataError when there is none, or one cannot be read and `skip_bad` is false.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist; give an image or a folder of images")
    files = [file for file in list_folder(path) if IMAGES.holds(file)]
    if not files:
        raise DataError(f"{path} holds no images; looked for {' '.join(EXTENSIONS)}")
    pixels, bad, _ = decode_images(files, size, channels, ReadOptions(skip_bad=skip_bad))
    if bad and (not skip_bad or len(bad) == len(files)):
        raise unusable_files(bad, [file.name for file in files], path)
    names = [file.name for file in files if file.name not in bad]
    return dict(zip(names, torch.from_numpy(pixels), strict=True))

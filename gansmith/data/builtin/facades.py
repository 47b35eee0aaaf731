"""Facades: label maps and the photographs that they were drawn from, where they are on the machine.

They are offered for research, so they never come with the package.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from gansmith.data.builtin.mnist import search_folders
from gansmith.data.readers.file_list import DataFile, list_zip
from gansmith.data.readers.image_pairs import read_paired_files
from gansmith.data.readers.options import ReadOptions
from gansmith.data.spec import DataError, Dataset

ZIPS = {"train": "train.zip", "val": "test.zip"}
SIDES = {"label": "condition", "photo": "real"}
LICENCE = "research only"


def open_facades() -> Dataset:
    """CMP facades: 128x128 colours of 12 kinds of parts, to photographs; 400 pairs, 106 held out.

    Looked for in the folders of `found.places`, as train.zip and test.zip with photo/NAME and
    label/NAME. Raises DataError when they are nowhere.
    """
    for folder in search_folders("facades"):
        if all((folder / name).is_file() for name in ZIPS.values()):
            return _read(folder)
    looked = "\n  ".join(map(str, search_folders("facades")))
    raise DataError(
        "facades is not on this machine: name a folder in GANSMITH_DATA that has a folder facades "
        f"with {' and '.join(ZIPS.values())}, of photo/NAME.jpg and label/NAME.png. Images with "
        f"photo and label side by side are read by pairs-reversed:FOLDER. Looked in:\n  {looked}"
    )


def _read(folder: Path) -> Dataset:
    sides: dict[str, list[DataFile]] = {"condition": [], "real": []}
    with zipfile.ZipFile(folder / ZIPS["train"]) as one, zipfile.ZipFile(folder / ZIPS["val"]) as b:
        for split, archive in zip(ZIPS, (one, b), strict=True):
            for member in list_zip(archive):
                kind, _, name = member.name.partition("/")
                if side := SIDES.get(kind):
                    sides[side].append(replace(member, name=f"{split}/{side}/{name}"))
        dataset = read_paired_files(sides, folder, ReadOptions(channels=3))
    spec = replace(dataset.spec, name="facades", licence=LICENCE, source="CMP facades (Tylecek)")
    return replace(dataset, spec=spec)

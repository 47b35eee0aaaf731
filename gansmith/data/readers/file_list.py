"""The images and sounds of a folder or of a zip, listed in one order and read in memory.

Nothing is ever extracted to disk. A link or a file whose path leads outside is refused.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from gansmith.audio import EXTENSIONS as AUDIO_EXTENSIONS
from gansmith.data.readers.image_file import EXTENSIONS, UnreadableError
from gansmith.data.spec import DataError

MAX_BYTES = 1 << 29  # a single file that unpacks to more is not read
LABELS = "dataset.json"
TABLES = ("captions.tsv", "attributes.tsv", "labels.tsv")
JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")  # beside whatever starts with a dot


@dataclass(frozen=True)
class Media:
    """A kind of file: what it is called, and the endings of its names."""

    noun: str
    suffixes: tuple[str, ...]

    def holds(self, file: DataFile) -> bool:
        """Whether a file is of this kind, by its name."""
        return PurePosixPath(file.name).suffix.lower() in self.suffixes


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file: its path below the root with slashes, bytes, a stamp that moves when it changes."""

    name: str
    size: int
    stamp: str
    contents: Callable[[], bytes]

    def read(self) -> bytes:
        """The bytes of the file, or UnreadableError with the reason."""
        if self.size > MAX_BYTES:
            raise UnreadableError(f"{self.size} bytes, more than {MAX_BYTES}")
        try:
            return self.contents()
        # RuntimeError, NotImplementedError: encrypted, or compressed in a way unknown to zipfile
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise UnreadableError(f"{type(error).__name__}: {error}") from error


IMAGES = Media("images", EXTENSIONS)
AUDIO = Media("sounds", AUDIO_EXTENSIONS)


@contextmanager
def open_listing(path: Path) -> Iterator[list[DataFile]]:
    """What `list_folder` or `list_zip` finds at a path, to be read inside the `with`."""
    if path.is_dir():
        yield list_folder(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield list_zip(archive)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is no zip file, or a truncated one: {error}") from error


def list_folder(root: Path) -> list[DataFile]:
    """Every image, sound, dataset.json and table below a folder, sorted by name.

    Links to files within the folder are read, linked folders within it are not entered (their files
    are listed once, where they are); a link that leads outside is a DataError.
    """
    home = root.resolve()
    members = []
    for place, folders, files in os.walk(root, onerror=_raise):
        for entry in folders + files:
            path = Path(place, entry)
            if path.is_symlink() and not path.resolve().is_relative_to(home):
                raise DataError(
                    f"{path} is a link to {path.resolve()}, outside {root}; "
                    "give the folder that it points to, or copy the files"
                )
        folders[:] = [folder for folder in folders if not _junk(folder)]
        members += [_file(root, Path(place, name)) for name in files if _wanted(name)]
    return sorted(members, key=lambda member: member.name)


def list_zip(archive: zipfile.ZipFile) -> list[DataFile]:
    """Every image, sound, dataset.json and table in a zip, sorted by name.

    DataError where a name is unsafe.
    """
    members: dict[str, DataFile] = {}
    for info in archive.infolist():
        name = _safe(archive, info)
        parts = PurePosixPath(name).parts
        if info.is_dir() or any(_junk(part) for part in parts) or not _wanted(parts[-1]):
            continue
        if name in members:
            raise DataError(f"{archive.filename} has two members called {name!r}; pack it again")
        members[name] = DataFile(
            name, info.file_size, f"{info.CRC:08x}", partial(archive.read, info)
        )
    return [members[name] for name in sorted(members)]


def _file(root: Path, path: Path) -> DataFile:
    try:
        facts = path.stat()
    except OSError:  # a link to nothing, say: listed here, named when it is read
        return DataFile(path.relative_to(root).as_posix(), 0, "", path.read_bytes)
    name = path.relative_to(root).as_posix()
    return DataFile(name, facts.st_size, str(facts.st_mtime_ns), path.read_bytes)


def _safe(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    name = info.orig_filename.replace("\\", "/")
    outside = name.startswith("/") or ".." in name.split("/") or name[1:2] == ":"
    if outside or stat.S_ISLNK(info.external_attr >> 16) or "\0" in name:
        raise DataError(
            f"{archive.filename}: member {info.orig_filename!r} leads outside the archive; "
            "this file may be hostile, pack the images again by plain names"
        )
    return str(PurePosixPath(name))


def _wanted(name: str) -> bool:
    is_media = PurePosixPath(name).suffix.lower() in (*EXTENSIONS, *AUDIO_EXTENSIONS)
    return not _junk(name) and (is_media or name == LABELS or name in TABLES)


def _junk(part: str) -> bool:
    return part.startswith(".") or part in JUNK


def _raise(error: OSError) -> None:
    raise DataError(f"{error.filename} cannot be listed: {error.strerror}") from error

"""The files of a folder or of a zip: listed in one way for all, and read in memory.

Left out is what a system puts beside the files: names that start with a dot, and JUNK. Names are
text in NFC, whatever the bytes on the disk, so that a name means one file on every system.
Nothing is ever extracted to disk. A link or a file whose path leads outside is refused.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from gansmith.audio import EXTENSIONS as AUDIO_EXTENSIONS
from gansmith.data.readers.image_file import EXTENSIONS, UnreadableError
from gansmith.data.spec import DataError

MAX_BYTES = 1 << 29  # a single file that is larger, or unpacks to more, is not read
SMALL = 1 << 24  # bytes that any file may unpack to
PIECE = 1 << 20  # bytes that are unpacked in one go
RATIO = 100  # larger ones unpack to at most so many times their size
PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a bound
LABELS = "dataset.json"
TABLES = (
    "captions.tsv",
    "captions.csv",
    "metadata.csv",
    "metadata.jsonl",
    "attributes.tsv",
    "labels.tsv",
)
JUNK = ("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found")


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
        return self.contents()


IMAGES = Media("images", EXTENSIONS)
AUDIO = Media("sounds", AUDIO_EXTENSIONS)


@contextmanager
def open_listing(path: Path) -> Iterator[list[DataFile]]:
    """What `list_folder` or `list_zip` finds at a path, to be read inside the `with`."""
    if path.is_dir():
        yield list_folder(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    # UnicodeDecodeError and struct.error: a damaged name or field of its directory
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise DataError(f"{path} is not a zip file, or was cut off: {error}") from error
    with archive:
        yield list_zip(archive)


def list_files(root: Path) -> list[tuple[str, Path]]:
    """Every file below a folder but the system's own, as (name below it, path), sorted by name.

    Links to files within the folder are read, linked folders within it are not entered (their files
    are listed once, where they are). Raises DataError for a link that leads outside, for a folder
    that cannot be listed, and for two files whose names are one in NFC.
    """
    home = os.path.realpath(root)
    found: dict[str, Path] = {}
    for place, folders, files in os.walk(root, onerror=_raise):
        folders[:] = [folder for folder in folders if not _junk(folder)]
        for entry in (*folders, *(file for file in files if not _junk(file))):
            path = Path(place, entry)
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(home):
                raise DataError(
                    f"{path} is a link to {os.path.realpath(path)}, outside {root}; "
                    "give the folder that it points to, or copy the files"
                )
            if entry in folders:
                continue
            name = as_text(path.relative_to(root).as_posix())
            if name in found:
                raise DataError(f"{root} has two files called {name!r}: rename one of them")
            found[name] = path
    return sorted(found.items())


def as_text(name: str) -> str:
    r"""A name as Unicode text in NFC; bytes that are not UTF-8 are written as \xff."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", text)


def files_in(root: Path, suffixes: Collection[str], noun: str) -> list[tuple[str, Path]]:
    """Those of `list_files` with such an ending. Raises DataError where there is none."""
    found = [(name, path) for name, path in list_files(root) if path.suffix.lower() in suffixes]
    if not found:
        raise DataError(f"{root} holds no {noun}; looked for {' '.join(suffixes)}")
    return found


def list_folder(root: Path) -> list[DataFile]:
    """Every image, sound, dataset.json and table below a folder, by name; or a single file."""
    if root.is_file():
        return [_file(as_text(root.name), root)]
    return [_file(name, path) for name, path in list_files(root) if _wanted(name)]


def list_zip(archive: zipfile.ZipFile) -> list[DataFile]:
    """Every image, sound, dataset.json and table in a zip, sorted by name.

    DataError where a name is unsafe.
    """
    members: dict[str, DataFile] = {}
    for info in archive.infolist():
        name = _safe(archive, info)
        folder = info.filename.endswith("/")  # is_dir() fails where there is no name
        if folder or any(map(_junk, PurePosixPath(name).parts)) or not _wanted(name):
            continue
        if name in members:
            raise DataError(f"{archive.filename} has two members called {name!r}; pack it again")
        read = partial(_unpacked, archive, info)
        members[name] = DataFile(name, info.file_size, f"{info.CRC:08x}", read)
    return [members[name] for name in sorted(members)]


def other_files(path: Path) -> tuple[str, ...]:
    """The names in a folder or a zip that are neither left to the system nor in its listing."""
    if path.is_dir():
        return tuple(name for name, _ in list_files(path) if not _wanted(name))
    with zipfile.ZipFile(path) as archive:
        names = [as_text(name) for name in archive.namelist() if not name.endswith("/")]
    junk = [any(map(_junk, PurePosixPath(name).parts)) for name in names]
    return tuple(n for n, ours in zip(names, junk, strict=True) if not (ours or _wanted(n)))


def read_bytes(path: Path, most: float = MAX_BYTES) -> bytes:
    """The bytes of a file. Raises UnreadableError as `check_file`, and for more than `most`."""
    check_file(path)
    try:
        if path.stat().st_size > most:
            raise UnreadableError(f"more than {most} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{type(error).__name__}: {error.strerror}") from error


def open_file(path: Path) -> io.BufferedReader:
    """A file to be read. Raises UnreadableError as `check_file` does."""
    check_file(path)
    try:
        return open(path, "rb")
    except OSError as error:
        raise UnreadableError(f"{type(error).__name__}: {error.strerror}") from error


def check_file(path: Path) -> None:
    """Raises UnreadableError where there is no file: from a pipe one would wait for ever."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise UnreadableError(f"{type(error).__name__}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise UnreadableError("not a file, but a folder, a pipe or a device")


def check_expansion(packed: int, unpacked: int) -> None:
    """Raises UnreadableError for what unpacks to suspiciously much."""
    if unpacked > max(SMALL, RATIO * packed):
        raise UnreadableError(f"{packed} bytes that unpack to more than {RATIO} times as many")


def gunzip(raw: bytes, most: int) -> io.BytesIO:
    """What a gzip stream holds. Raises UnreadableError for more than `most` bytes."""
    unpacked = io.BytesIO()
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        while piece := file.read(PIECE):  # read(most) would set so much memory aside
            unpacked.write(piece)
            if unpacked.tell() > most:
                raise UnreadableError(f"{len(raw)} bytes that unpack to more than {most}")
    unpacked.seek(0)
    return unpacked


def _file(name: str, path: Path) -> DataFile:
    read = partial(read_bytes, path)
    try:
        facts = path.stat()
    except OSError:  # a link to nothing, say: listed here, named when it is read
        return DataFile(name, 0, "", read)
    return DataFile(name, facts.st_size, str(facts.st_mtime_ns), read)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in PACKING:
        raise UnreadableError("packed by a method other than deflate: pack the zip again")
    check_expansion(info.compress_size, info.file_size)
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)  # read() alone would unpack all that there is
    # RuntimeError, NotImplementedError: encrypted, or of a version unknown to zipfile
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _safe(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    name = info.orig_filename.replace("\\", "/")
    outside = name.startswith("/") or ".." in name.split("/") or name[1:2] == ":"
    if outside or stat.S_ISLNK(info.external_attr >> 16) or "\0" in name:
        raise DataError(
            f"{archive.filename}: member {info.orig_filename!r} leads outside the archive; "
            "this file may be hostile, pack the images again by plain names"
        )
    return unicodedata.normalize("NFC", str(PurePosixPath(name)))


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    is_media = path.suffix.lower() in (*EXTENSIONS, *AUDIO_EXTENSIONS)
    return is_media or path.name == LABELS or path.name in TABLES


def _junk(part: str) -> bool:
    return part.startswith(".") or part.lower() in JUNK


def _raise(error: OSError) -> None:
    raise DataError(f"{error.filename} cannot be listed: {error.strerror}") from error

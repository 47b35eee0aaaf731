"""Files that are written whole or not at all, damage that is named, locks between processes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

UNFINISHED = ".tmp"


class FileError(OSError):
    """A file could not be read or written; the message says what to do."""


class LockedError(FileError):
    """Another process holds the lock."""


def user_path(path: str | Path) -> Path:
    """The path, with a leading ~ read as the home folder, as a shell reads it."""
    return Path(os.path.expanduser(path))


class DamagedError(ValueError):
    """A file that does not hold what was written into it; the message names it."""


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary name, sync, rename, sync of the folder.

    Raises FileError when the disk is full or the folder cannot be written.
    """
    temporary = temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise FileError(_advice(path, error)) from error


def distinct_names(
    short: Mapping[str, str], long: Mapping[str, str], key: Callable[[str], str] = str
) -> dict[str, str]:
    """The short name of each thing, or its long name where two have one.

    short, long: by what is named. key: two names are one where this is equal.
    """
    found = dict(short)
    while True:
        counts = Counter(key(name) for name in found.values())
        longer = {k: long[k] if counts[key(name)] > 1 else name for k, name in found.items()}
        if longer == found:
            return found
        found = longer


def temporary_path(path: Path) -> Path:
    """Where a file is written until it is whole; short, since its own name may be as long as any.

    One process writes one file of a folder at a time.
    """
    return path.with_name(f".{path.name[:40]}.{os.getpid()}{UNFINISHED}")


def check_writable(folder: Path) -> None:
    """Raises FileError where nothing can be written into a folder that there is."""
    if not os.access(folder, os.W_OK):
        raise FileError(_advice(folder / "any", PermissionError(errno.EACCES, "Permission denied")))


def append_line(path: Path, line: str) -> None:
    """Append a line to a file.

    Raises FileError when the disk is full or the folder cannot be written.
    """
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise FileError(_advice(path, error)) from error


@contextlib.contextmanager
def survive_closed_stderr() -> Iterator[None]:
    """Go on in silence when whoever reads stderr has left: a pipe, or a terminal."""
    try:
        yield
    except (OSError, SystemExit):  # rich leaves the program when a pipe is broken
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def sync_file(path: Path) -> None:
    """Let the lines that were appended to a file, if there is one, reach the disk.

    Raises FileError when they cannot.
    """
    if not path.exists():
        return
    try:
        with open(path, "ab") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise FileError(_advice(path, error)) from error


@contextlib.contextmanager
def naming_damage(path: Path, advice: str) -> Iterator[None]:
    """Read a file and use what it holds; whatever is wrong with that is raised as DamagedError.

    advice: what to do about it. Raises FileError when the file cannot be read for another reason.
    """
    try:
        yield
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}; try again") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise DamagedError(f"{path} cannot be read: {what}. {advice}") from error


def read_json_lines(path: Path, **kinds: type | tuple[type, ...]) -> list[dict[str, Any]]:
    """The lines of a JSON-lines file but one that is still being written; [] without a file.

    kinds: keys that every line has, with the types of their values.
    Raises DamagedError naming the line, FileError when the file cannot be read.
    """
    found = []
    advice = "Remove what is damaged; the rest of the run is not touched by it"
    with naming_damage(path, advice):
        content = path.read_text(encoding="utf-8") if path.exists() else ""
    for number, line in enumerate(content.split("\n")[:-1], 1):
        with naming_damage(path, f"Remove line {number}; the run does not depend on it"):
            values = json.loads(line)
            for key, kind in kinds.items():
                if not isinstance(values[key], kind):
                    raise ValueError(f"the {key} in line {number} is {values[key]!r}")
            found.append(values)
    return found


def refuse_links(folder: Path) -> None:
    """Raises FileError when there is a link inside a folder: by one, a folder from elsewhere could
    have files outside of it read, changed or removed."""
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.is_symlink():
            raise FileError(f"{entry.path} is a link; put what it stands for in its place")
        if entry.is_dir():
            refuse_links(Path(entry.path))


def remove_temporary(*folders: Path) -> None:
    """Remove the temporary files that a killed process left in folders."""
    for folder in folders:
        for path in folder.glob(f".*{UNFINISHED}"):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def exclusive_lock(path: Path, busy: str = "", *, wait: bool = False) -> Iterator[None]:
    """Hold a lock file for this process; the system releases it when the process dies.

    path: the lock file; it stays, and its content is nobody's.
    busy: the message when another process holds the lock.
    wait: wait for the other process instead.
    Raises LockedError when another process holds the lock and `wait` is False.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise LockedError(busy or f"another process holds {path}") from None
    except OSError as error:
        raise FileError(_advice(path, error)) from error
    try:
        yield
    finally:
        lock.release()


def _sync_folder(folder: Path) -> None:
    """Let a rename reach the disk, where folders can be synced: not on Windows."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _advice(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):
        return f"no room left to write {path.name}: free some space, then resume"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"cannot write in {path.parent}: it is read-only; choose another folder with --out"
    return f"cannot write {path}: {error.strerror or error}"

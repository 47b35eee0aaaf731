"""Files that are written whole or not at all, and locks between processes."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

UNFINISHED = ".tmp"


class FileError(OSError):
    """A file could not be written; the message says what to do."""


class LockedError(FileError):
    """Another process holds the lock."""


def user_path(path: str | Path) -> Path:
    """The path, with a leading ~ read as the home folder, as a shell reads it."""
    return Path(os.path.expanduser(path))


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

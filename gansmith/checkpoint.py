"""Checkpoints: one safetensors file each, whole or not there at all.

The plain numbers (step, draws, best score) ride in the file's header as JSON. A file is
written under a temporary name, synced, and renamed, so that a kill or a full disk at any
moment leaves the older checkpoints as they were.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

SUFFIX = ".safetensors"
UNFINISHED = ".tmp"


class CheckpointError(RuntimeError):
    """A checkpoint could not be written or read; the message says what to do."""


def write(path: Path, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
    """Write a checkpoint whole: temporary file, sync, rename.

    Tensors that share memory (tied weights) are stored once.
    Raises CheckpointError when the disk is full or the folder cannot be written.
    """
    first: dict[tuple[Any, ...], str] = {}
    aliases: dict[str, str] = {}
    own: dict[str, Tensor] = {}
    stored: set[int] = set()
    for name, tensor in tensors.items():
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if tensor.numel() and place in first:
            aliases[name] = first[place]
        else:
            first[place] = name
            value = tensor.detach().to("cpu").contiguous()
            memory = value.untyped_storage().data_ptr()
            own[name] = value.clone() if memory in stored else value  # safetensors bars overlaps
            stored.add(memory)
    header = {"numbers": json.dumps(numbers), "aliases": json.dumps(aliases)}
    replace(path, save(own, header))


def read(path: Path, device: torch.device | str = "cpu") -> tuple[dict[str, Tensor], Any]:
    """The tensors and numbers of a checkpoint.

    Raises CheckpointError when the file is truncated or is not a checkpoint.
    """
    try:
        with safe_open(path, "pt", device=str(device)) as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for alias, name in json.loads(header["aliases"]).items():
            tensors[alias] = tensors[name]
        return tensors, json.loads(header["numbers"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path.name} cannot be read as a checkpoint: {error}") from None


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary name, sync, rename, sync of the folder.

    Raises CheckpointError when the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise CheckpointError(_advice(path, error)) from error


def append(path: Path, line: str) -> None:
    """Add a line to a file.

    Raises CheckpointError when the disk is full or the folder cannot be written.
    """
    try:
        with open(path, "a") as file:
            file.write(line + "\n")
    except OSError as error:
        raise CheckpointError(_advice(path, error)) from error


def _advice(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"no room left to write {path.name}: free some space, then resume; the checkpoints "
            "written before are whole"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"cannot write in {path.parent}: it is read-only; choose another folder with --out"
    return f"cannot write {path}: {error.strerror or error}"


def newest_first(folder: Path) -> list[Path]:
    """The numbered checkpoints of a folder, newest first."""
    return sorted(folder.glob(f"[0-9]*{SUFFIX}"), reverse=True)


def readable(
    folder: Path, device: torch.device | str = "cpu"
) -> Iterator[tuple[Path, dict[str, Tensor], Any]]:
    """The checkpoints of a folder that can be read, newest first.

    The folder is listed anew each time, for a run that is being played replaces them.
    """
    tried: set[Path] = set()
    while left := [path for path in newest_first(folder) if path not in tried]:
        tried.add(left[0])
        try:
            tensors, numbers = read(left[0], device)
        except CheckpointError:
            continue
        yield left[0], tensors, numbers


def thin(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` numbered checkpoints."""
    for path in newest_first(folder)[keep:]:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a run folder for one process; the system lets go of it when the process dies.

    Raises CheckpointError when another process plays the run.
    """
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CheckpointError(
            f"another process is playing the run in {folder}; let it end, or stop it"
        ) from None
    finally:
        os.close(held)


def sweep(folder: Path) -> None:
    """Remove what a killed sitting left unfinished in a run folder."""
    for place in (folder, folder / "samples", folder / "checkpoints"):
        for path in place.glob(f".*{UNFINISHED}"):
            path.unlink(missing_ok=True)

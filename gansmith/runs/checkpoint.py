"""Checkpoints: one safetensors file each, whole or not there at all.

The plain numbers (step, draws, best score) are stored in the file's header as JSON. A file is
written under a temporary name, synced, and renamed, so that a kill or a full disk at any
moment leaves the older checkpoints as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from gansmith.core.files import FileError, exclusive_lock, write_atomic

SUFFIX = ".safetensors"
LOCK = ".lock"  # of a run folder


class CheckpointError(FileError):
    """A checkpoint could not be written or read; the message says what to do."""


def write(path: Path, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all.

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
    try:
        write_atomic(path, save(own, header))
    except FileError as error:
        whole = "the checkpoints written before are whole"
        raise CheckpointError(f"{error}; {whole}") from error.__cause__


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


def newest_first(folder: Path) -> list[Path]:
    """The numbered checkpoints of a folder, newest first."""
    return sorted(folder.glob(f"[0-9]*{SUFFIX}"), reverse=True)


def readable(
    folder: Path, device: torch.device | str = "cpu"
) -> Iterator[tuple[Path, dict[str, Tensor], Any]]:
    """The checkpoints of a folder that can be read, newest first.

    The folder is listed anew each time, since a run in progress replaces them.
    """
    tried: set[Path] = set()
    while left := [path for path in newest_first(folder) if path not in tried]:
        tried.add(left[0])
        try:
            tensors, numbers = read(left[0], device)
        except CheckpointError:
            continue
        yield left[0], tensors, numbers


def prune(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` numbered checkpoints."""
    for path in newest_first(folder)[keep:]:
        path.unlink(missing_ok=True)


def lock_run(folder: Path) -> AbstractContextManager[None]:
    """Hold a run folder for one process; the system releases it when the process dies.

    Raises LockedError when another process trains the run.
    """
    busy = f"another process is training the run in {folder}; wait until it has ended, or stop it"
    return exclusive_lock(folder / LOCK, busy)

"""Checkpoints: one safetensors file each, whole or not there at all.

The plain numbers (step, draws, best score) are stored in the file's header as JSON, with a SHA-256
of all that the file holds. A file is written under a temporary name, synced, and renamed, so that
a kill or a full disk at any moment leaves the older checkpoints as they were.
"""

from __future__ import annotations

import json
import math
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gansmith.core import tensor_file
from gansmith.core.files import FileError, exclusive_lock, write_atomic

SUFFIX = ".safetensors"
BEST = "best" + SUFFIX
LOCK = ".lock"  # of a run folder


class CheckpointError(FileError):
    """A checkpoint could not be written or read; the message says what to do."""


class DamagedCheckpointError(CheckpointError):
    """A checkpoint that was read, and does not hold what was written into it."""


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
        write_atomic(path, tensor_file.pack(own, header))
    except FileError as error:
        whole = "the checkpoints written before are whole"
        raise CheckpointError(f"{error}; {whole}") from error.__cause__


def read(path: Path, device: torch.device | str = "cpu") -> tuple[dict[str, Tensor], Any]:
    """The tensors and numbers of a checkpoint.

    Raises DamagedCheckpointError when the file is truncated, changed, or not a checkpoint, and
    CheckpointError when the system could not read it, which says nothing about the file.
    """
    try:
        tensors, header = tensor_file.unpack(path.read_bytes())
        aliases = json.loads(header["aliases"])
        tensors |= {alias: tensors[name] for alias, name in aliases.items()}
        return {k: v.to(device) for k, v in tensors.items()}, json.loads(header["numbers"])
    except OSError as error:
        why = error.strerror or error
        raise CheckpointError(f"{path} cannot be read now: {why}; try again") from error
    except (KeyError, ValueError) as error:
        raise DamagedCheckpointError(
            f"{path.name} cannot be read as a checkpoint: {error}"
        ) from None


def newest_first(folder: Path) -> list[Path]:
    """The numbered checkpoints of a folder, newest first."""
    return sorted(folder.glob(f"[0-9]*{SUFFIX}"), reverse=True)


def states(folder: Path) -> list[Path]:
    """The files that a run can go on from, the latest step first: the numbered checkpoints, and
    `best`, which is the latest after a kill between two of them.

    A `best` whose step cannot be read comes first, so that reading it shows its damage.
    """
    best = folder / BEST
    return sorted([*newest_first(folder), *([best] if best.exists() else [])], key=_backwards)


def _backwards(path: Path) -> float:
    if path.name != BEST:
        return -int(path.stem)
    try:
        return -float(json.loads(tensor_file.read_texts(path)["numbers"])["step"])
    except (ValueError, KeyError, TypeError):
        return -math.inf


def latest(
    folder: Path, device: torch.device | str = "cpu"
) -> tuple[dict[str, Tensor], Any, list[Path]]:
    """Tensors and numbers of the latest state that is whole, and the damaged files passed over.

    The numbers are None where there is none. Raises CheckpointError for a file that the system
    could not read: only damage lets a file be passed over.
    """
    damaged: list[Path] = []
    # The folder is listed anew each time, since a run in progress replaces what is in it.
    while left := [path for path in states(folder) if path not in damaged]:
        try:
            return *read(left[0], device), damaged
        except DamagedCheckpointError:
            damaged.append(left[0])
        except CheckpointError:
            if left[0].exists():
                raise
    return {}, None, damaged


def last_step(folder: Path) -> int:
    """The step of the newest numbered checkpoint; 0 without one."""
    return max((int(path.stem) for path in newest_first(folder)), default=0)


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

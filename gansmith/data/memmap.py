"""Rows of an array in a file that may be larger than memory."""

from __future__ import annotations

import mmap
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gansmith.data.spec import DataError, Dataset

# Without it the system sets memory aside for the whole of a mapping that could be written to.
NORESERVE = 0x4000 if sys.platform == "linux" else 0


class RowFile:
    """An .npy file of uint8 rows, (N, ...): an array, and rows that are read one by one.

    `values` is the array, memory-mapped; what is written to it stays private to the process.

    Training reads with `take`, by one read call per row: what memory holds of the file is then the
    system's cache and not the process's, no row drags its neighbours in, and a file that was cut
    short or a failing disk is an error with a name, where a mapped page would end the process.

    Raises DataError when the file holds something else, ValueError or OSError when it is damaged.
    """

    def __init__(self, path: Path) -> None:
        found = np.load(path, mmap_mode="r")  # its length is checked here
        if found.dtype != np.uint8 or not found.flags.c_contiguous:
            raise DataError(f"{path} holds {found.dtype} of shape {found.shape}, expected uint8")
        self.path, self.shape, self.start = path, found.shape, found.offset
        self.width = found[:1].nbytes
        self.file = open(path, "rb")  # noqa: SIM115  (as long as this object lives)
        if hasattr(mmap, "MAP_PRIVATE"):
            self.memory = mmap.mmap(
                self.file.fileno(),
                0,
                flags=mmap.MAP_PRIVATE | NORESERVE,
                prot=mmap.PROT_READ | mmap.PROT_WRITE,
            )
            # a touched page shall not fetch megabytes around it
            self.memory.madvise(mmap.MADV_RANDOM)
        else:  # Windows
            self.memory = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_COPY)
        self.values = np.ndarray(self.shape, np.uint8, self.memory, self.start)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

    def attach_to(self, dataset: Dataset) -> Dataset:
        """The same data set, known to lie in this file; its tensors are views of `values`.

        To be called before anything is written to them: the pages read so far are released.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            self.memory.madvise(mmap.MADV_DONTNEED)
        return replace(dataset, file=self)

    def read_rows(self, rows: Tensor) -> Tensor:
        """The rows of these numbers, uint8 (len(rows), ...).

        Raises DataError when the file can no longer be read, or was cut short.
        """
        out = np.empty((len(rows), *self.shape[1:]), np.uint8)
        file = self.file.fileno()
        try:
            for place, row in zip(out, rows.tolist(), strict=True):
                if os.preadv(file, [place], self.start + row * self.width) != self.width:
                    raise DataError(
                        f"{self.path} ends before row {row} of {self.shape[0]}: it was cut short "
                        "after the run had opened it. Remove it and resume: it is written again"
                    )
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror or error}") from error
        return torch.from_numpy(out)

    def prefetch(self, rows: Tensor) -> None:
        """Let the system fetch these rows from the disk while something else is computed."""
        if not hasattr(os, "posix_fadvise"):
            return
        file = self.file.fileno()
        for row in rows.tolist():
            os.posix_fadvise(
                file, self.start + row * self.width, self.width, os.POSIX_FADV_WILLNEED
            )


def require_memory(dataset: Dataset) -> None:
    """Raises DataError for a data set that lies in a file, whose rows cannot be rearranged."""
    if dataset.file is not None:
        raise DataError(
            f"{dataset.spec.name} is too large to be rearranged in memory: give a smaller --size"
        )

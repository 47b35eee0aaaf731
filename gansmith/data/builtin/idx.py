"""A labelled set of grey pictures in the four IDX files of MNIST."""

from __future__ import annotations

from pathlib import Path

import torch

from gansmith.data.build import image_dataset
from gansmith.data.readers.npz_idx import read_idx
from gansmith.data.spec import DataError, Dataset, Fields

SPLITS = {"train": "train", "held": "t10k"}
STEMS = tuple(
    f"{split}-{part}-ubyte" for split in SPLITS.values() for part in ("images-idx3", "labels-idx1")
)


def idx_files(folder: Path) -> dict[str, Path]:
    """Those of the four files, plain or .gz, that lie in the folder, by their plain name."""
    found = {}
    for stem in STEMS:
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                found[stem] = path
    return found


def idx_dataset(
    name: str, files: dict[str, Path], classes: tuple[str, ...], *, licence: str, source: str
) -> Dataset:
    """The data set in the four files of `idx_files`; the t10k pair is held out.

    Raises DataError when a file is missing, broken, or pictures and labels differ in number.
    """
    if missing := sorted(set(STEMS) - set(files)):
        raise DataError(
            f"{name} needs four IDX files; missing: {', '.join(missing)} (.gz or plain)"
        )
    parts = (_fields(files, prefix) for prefix in SPLITS.values())
    return image_dataset(name, *parts, classes=classes, licence=licence, source=source)


def _fields(files: dict[str, Path], prefix: str) -> Fields:
    path = files[f"{prefix}-images-idx3-ubyte"]
    images = read_idx(path)
    labels = read_idx(files[f"{prefix}-labels-idx1-ubyte"])
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{path}: expected pictures (N, H, W) and N labels; "
            f"got {images.shape} and {labels.shape}"
        )
    return {
        "real": torch.from_numpy(images.copy()).unsqueeze(1),
        "label": torch.from_numpy(labels.astype("int64")),
    }

"""A labelled set of grey images in the four IDX files of MNIST."""

from __future__ import annotations

from pathlib import Path

import torch

from gansmith.data.build import image_dataset
from gansmith.data.readers.array_file import IDX_NAMES, read_idx
from gansmith.data.spec import DataError, Dataset, Fields

STEMS = tuple(IDX_NAMES.values())


def idx_dataset(
    name: str, files: dict[str, Path], classes: tuple[str, ...], *, licence: str, source: str
) -> Dataset:
    """The data set in the four files of `mnist_files`; the t10k pair is held out.

    Raises DataError when a file is missing, broken, or images and labels differ in number.
    """
    if missing := [stem for field, stem in IDX_NAMES.items() if field not in files]:
        raise DataError(
            f"{name} needs four IDX files; missing: {', '.join(missing)} (.gz or plain)"
        )
    train = _fields(files["train"], files["label"])
    held_out = _fields(files["held_out"], files["held_out_label"])
    return image_dataset(name, train, held_out, classes=classes, licence=licence, source=source)


def _fields(image_file: Path, label_file: Path) -> Fields:
    images, labels = read_idx(image_file), read_idx(label_file)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{image_file}: expected images (N, H, W) and N labels; got {images.shape} and "
            f"{labels.shape}"
        )
    return {
        "real": torch.from_numpy(images.copy()).unsqueeze(1),
        "label": torch.from_numpy(labels.astype("int64")),
    }

"""Samples out of a folder or a file, to be measured like those of a run."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from gansmith.data import DataError, Dataset, DataSpec, NotImagesError, open_data
from gansmith.modalities import modality_of


def load_samples(source: Path | str, dataset: Dataset) -> tuple[Tensor, str]:
    """All examples of a path, held-out ones included, of the kind of a data set.

    Images are brought to the data set's size and channels. Also returns how their size was
    changed, in words; "" where it was not.

    Raises DataError for another kind, or for sentences, whose words have other numbers.
    """
    spec, how = dataset.spec, ""
    try:
        opened = open_data(source, channels=spec.channels or None)
    except NotImagesError:
        opened = open_data(source)
    if spec.size and opened.spec.size != spec.size:
        before = opened.spec.size
        check_same_kind(opened.spec, str(source), spec)
        opened = open_data(source, size=spec.size, channels=spec.channels)
        how = f"{opened.spec.filter}, {before} to {spec.size} pixels"
    check_same_kind(opened.spec, str(source), spec)
    if opened.vocabulary != dataset.vocabulary:
        raise DataError(
            f"{source} has a vocabulary of its own, so its words have other numbers: of text, only "
            "runs on the same data can be compared"
        )
    field = modality_of(spec).field
    return torch.cat([opened.train[field], opened.held_out[field]]), how


def check_same_kind(spec: DataSpec, name: str, other: DataSpec) -> None:
    """Raises DataError when two descriptions are of different kinds of data."""
    if modality_of(spec) is not modality_of(other):
        raise DataError(
            f"{name} holds {spec.kind}, and what it is compared with holds {other.kind}: give "
            "data of one kind"
        )

"""Samples out of a folder or a file, to be measured like those of a run."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from gansmith.data import DataError, Dataset, DataSpec, open_data
from gansmith.modalities import modality_of


def load_samples(source: Path | str, dataset: Dataset) -> Tensor:
    """All examples of a path, held-out ones included, of the kind of a data set.

    Raises DataError for another kind, or for sentences, whose words have other numbers.
    """
    opened = open_data(source, channels=dataset.spec.channels or None)
    check_same_kind(opened.spec, str(source), dataset.spec)
    if opened.vocabulary != dataset.vocabulary:
        raise DataError(
            f"{source} has a vocabulary of its own: of sentences only runs can be compared"
        )
    field = modality_of(dataset.spec).field
    return torch.cat([opened.train[field], opened.held_out[field]])


def check_same_kind(spec: DataSpec, name: str, other: DataSpec) -> None:
    """Raises DataError when two descriptions are of different kinds of data."""
    if modality_of(spec) is not modality_of(other):
        raise DataError(f"{name} is {spec.kind}: it cannot be compared with {other.kind}")

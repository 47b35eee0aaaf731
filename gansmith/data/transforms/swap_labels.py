"""The other way round: pictures that were asked by labels become labels told from pictures.

`open_data("labels:photos/")`, where photos/ has a labels.tsv.
"""

from __future__ import annotations

from dataclasses import replace

from gansmith.data.build import labels_dataset
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset

PREFIX = "labels:"


def turned(dataset: Dataset) -> Dataset:
    """A data set of label sets, each of its picture.

    Raises DataError where pictures have no labels, or are too large to be kept in memory.
    """
    spec, asked = dataset.spec, dataset.spec.condition
    if asked is None or asked.kind != "labels":
        raise DataError(
            f"{spec.name} has no labels to be told from its pictures: put a labels.tsv beside them "
            "(docs/data.md)"
        )
    if dataset.file is not None:
        raise DataError(f"{spec.name} is too large to be labelled: give a smaller --size")
    parts = [
        {"real": part["given"], "given": part["real"]} for part in (dataset.train, dataset.held)
    ]
    made = labels_dataset(
        f"{PREFIX}{spec.name}",
        *parts,
        names=asked.names,
        condition=Condition("image", channels=spec.channels, height=spec.size, width=spec.size),
        licence=spec.licence,
        source=spec.source,
        filter=spec.filter,
    )
    return replace(made, skipped=dataset.skipped)

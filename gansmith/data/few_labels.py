"""Few labels: a data set that keeps the labels of some training examples only."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.spec import DataError, Dataset, Fields

DRAWING = 0x1ABE1  # sets the draw of examples apart from a run's other random numbers


def keep_labels(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """The same data set, in which `count` training examples have kept their labels.

    They are balanced over the classes and drawn at random, the same of one seed. The others have
    no label, no factor and nothing else that tells their class; held-out examples keep theirs.
    Raises DataError for data without classes, fewer labels than classes, or more than examples.
    """
    spec = dataset.spec
    label = dataset.train.get("label")
    if label is None or not spec.classes or dataset.domains:
        raise DataError(
            f"{spec.name} has no classes, so none of its examples can be the labelled ones"
        )
    if not len(spec.classes) <= count <= len(label):
        raise DataError(
            f"{spec.name} has {len(label)} training examples of {len(spec.classes)} classes: "
            f"between these two numbers of them can keep their labels; got {count}"
        )
    rows = _balanced(label, len(spec.classes), count, seed)
    real = "tokens" if "tokens" in dataset.train else "real"
    few: Fields = {
        key: value[rows] for key, value in dataset.train.items() if not key.startswith("factor_")
    }
    if dataset.file is not None:
        few[real] = dataset.file.read_rows(rows)
    every = {
        key: value
        for key, value in dataset.train.items()
        if key != "label" and not key.startswith("factor_")
    }
    digest = hashlib.sha256(f"{count} labels {seed} {spec.fingerprint}".encode()).hexdigest()[:16]
    spec = replace(spec, labelled=count, fingerprint=digest)
    return replace(dataset, spec=spec, train=every, labelled=few)


def _balanced(label: Tensor, classes: int, count: int, seed: int) -> Tensor:
    """The numbers of `count` rows, in rising order: the classes take turns, in random order."""
    rank = torch.full_like(label, -1)
    for number in range(classes):
        rows = (label == number).nonzero().squeeze(1)
        rank[rows] = Rng(seed, DRAWING, number).permutation(len(rows))
    turn = Rng(seed, DRAWING, classes).permutation(classes)
    place = rank * classes + turn[label]
    return place.argsort()[:count].sort().values

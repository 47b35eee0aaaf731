"""A few examples that stand for all of a data set, which may be sorted by class or by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data.build import prefixed
from gansmith.data.spec import Dataset, Fields

SPREAD = 0x5C0E  # keeps this choice apart from other random numbers


def spread_rows(fields: Fields, count: int, seed: int = 0) -> Tensor:
    """`count` row numbers in random order, in proportion to the classes: int64 (count,).

    All rows in their own order where there are no more than `count`.
    """
    size = min((len(rows) for rows in fields.values()), default=0)
    if count >= size:
        return torch.arange(size)
    order = Rng(seed, SPREAD).permutation(size)
    if "label" in fields:
        order = order[fields["label"][order].argsort(stable=True)]
    chosen = order[((torch.arange(count) + 0.5) * size / count).long()]
    return chosen[Rng(seed, SPREAD, count).permutation(count)]


def spread_held_out(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """The data set with at most `count` of its held-out examples, chosen by `spread_rows`.

    Of each domain where there are several; pairs stay together.
    """
    if not dataset.domains:
        return _held_out_rows(dataset, spread_rows(dataset.held_out, count, seed))
    first, *_ = dataset.domains.values()
    parts = {
        name: _held_out_rows(
            part, spread_rows((first if dataset.spec.paired else part).held_out, count, seed)
        )
        for name, part in dataset.domains.items()
    }
    return with_held_out(dataset, parts)


def _held_out_rows(dataset: Dataset, rows: Tensor) -> Dataset:
    held_out = {name: values[rows] for name, values in dataset.held_out.items()}
    return replace(dataset, held_out=held_out, spec=replace(dataset.spec, held_out=len(rows)))


def with_held_out(dataset: Dataset, parts: Mapping[str, Dataset]) -> Dataset:
    """The data set with the held-out examples of these versions of its domains."""
    held_out = {
        key: rows
        for name, part in parts.items()
        for key, rows in prefixed(name, part.held_out).items()
    }
    spec = replace(dataset.spec, held_out=min(part.spec.held_out for part in parts.values()))
    return replace(dataset, domains=parts, held_out=held_out, spec=spec)


def example_set(dataset: Dataset, count: int) -> Dataset:
    """`count` held-out examples of a data set, without training examples.

    The spec and the vocabularies are the same. A run keeps it, so that it can be used when the
    data is gone.
    """
    few = spread_held_out(dataset, count)
    return replace(
        few,
        spec=dataset.spec,
        train={name: rows[:0].clone() for name, rows in few.train.items()},
        labelled={name: rows[:0].clone() for name, rows in few.labelled.items()},
        domains={name: example_set(part, count) for name, part in few.domains.items()},
        skipped={},
        file=None,
    )

"""Sounds as a Dataset: the tensors are checked, and brought to another rate where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from gansmith.audio import resample
from gansmith.data.build import fingerprint
from gansmith.data.checks import counted, labels, waves
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields


def sound_dataset(
    name: str,
    train: Fields,
    held: Fields,
    rate: int,
    *,
    classes: Sequence[str] = (),
    licence: str = "",
    source: str = "",
    filter: str = "",
) -> Dataset:
    """A data set of sounds: real float32 (N, T) in [-1, 1], `rate` samples a second.

    Optionally label int64 (N,), lengths int64 (N,), the samples before the zeros that fill a row,
    and others, such as speaker.
    Raises DataError when the tensors are not that, or a label has no class name.
    """
    counted(name, train, held)
    if rate < 1:
        raise DataError(f"{name}: a rate is 1 sample a second or more; got {rate}")
    for split, part in (("train", train), ("held", held)):
        waves(f"{name}: {split}", part, train.get("real"))
        labels(f"{name}: {split}", part, len(classes))
    spec = DataSpec(
        kind="sound",
        name=name,
        length=train["real"].shape[1],
        rate=rate,
        classes=tuple(classes),
        train=len(train["real"]),
        held=len(held["real"]),
        fingerprint=fingerprint(train, held),
        filter=filter,
        licence=licence,
        source=source,
    )
    return Dataset(spec, train, held)


def at_rate(dataset: Dataset, rate: int) -> Dataset:
    """The same sounds at another rate; `dataset` itself when it has that rate."""
    spec = dataset.spec
    if spec.rate == rate:
        return dataset
    length = -(-spec.length * rate // spec.rate)
    train, held = (
        _at_rate(part, spec.rate, rate, length) for part in (dataset.train, dataset.held)
    )
    steps = filter_of(spec.filter, f"{spec.rate} to {rate} samples a second")
    made = sound_dataset(
        spec.name,
        train,
        held,
        rate,
        classes=spec.classes,
        licence=spec.licence,
        source=spec.source,
        filter=steps,
    )
    return replace(made, skipped=dataset.skipped)


def filter_of(before: str, step: str) -> str:
    """What was done to the data, step by step."""
    return "; ".join(part for part in (before, step) if part)


def _at_rate(part: Fields, rate: int, to: int, length: int) -> Fields:
    made = dict(part)
    for key in ("real", "given"):
        if key in part:
            made[key] = torch.cat([_rows(rows, rate, to, length) for rows in part[key].split(256)])
    if "lengths" in part:
        made["lengths"] = (part["lengths"] * to / rate).ceil().long().clamp(max=length)
    return made


def _rows(rows: Tensor, rate: int, to: int, length: int) -> Tensor:
    return resample(rows, rate, to, length).clamp(-1, 1)

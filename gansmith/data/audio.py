"""Audio as a Dataset: the tensors are checked, and brought to another rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from gansmith.audio import resample
from gansmith.data.build import fingerprint
from gansmith.data.checks import check_classes, check_counts, check_labels, check_waveforms
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields


def audio_dataset(
    name: str,
    train: Fields,
    held_out: Fields,
    rate: int,
    *,
    classes: Sequence[str] = (),
    licence: str = "",
    source: str = "",
    filter: str = "",
) -> Dataset:
    """A data set of waveforms: real float32 (N, T) in [-1, 1], `rate` samples a second.

    Optionally label int64 (N,) and lengths int64 (N,), the samples before the zeros that fill a
    row.
    Raises DataError when the tensors are not that, or a label has no class name.
    """
    check_counts(name, train, held_out)
    if rate < 1:
        raise DataError(f"{name}: a rate is 1 sample a second or more; got {rate}")
    for split, part in (("train", train), ("held_out", held_out)):
        check_waveforms(f"{name}: {split}", part, train.get("real"))
        check_labels(f"{name}: {split}", part, len(classes))
    check_classes(name, classes, train)
    spec = DataSpec(
        kind="audio",
        name=name,
        length=train["real"].shape[1],
        rate=rate,
        classes=tuple(classes),
        train=len(train["real"]),
        held_out=len(held_out["real"]),
        fingerprint=fingerprint(train, held_out),
        filter=filter,
        licence=licence,
        source=source,
    )
    return Dataset(spec, train, held_out)


def resampled(dataset: Dataset, rate: int) -> Dataset:
    """The same waveforms at another rate; `dataset` itself when it has that rate.

    Conditions that are waveforms are brought along.
    """
    spec = dataset.spec
    if spec.rate == rate:
        return dataset
    length = -(-spec.length * rate // spec.rate)
    train, held_out = (
        _resampled(part, spec, rate, length) for part in (dataset.train, dataset.held_out)
    )
    condition = spec.condition
    if condition is not None and condition.kind == "waveform":
        condition = replace(condition, length=length, rate=rate)
    made = replace(
        spec,
        length=length,
        rate=rate,
        condition=condition,
        fingerprint=fingerprint(train, held_out),
        filter=add_step(spec.filter, f"{spec.rate} to {rate} samples a second"),
    )
    return replace(dataset, spec=made, train=train, held_out=held_out)


def add_step(before: str, step: str) -> str:
    """What was done to the data, step by step."""
    return "; ".join(part for part in (before, step) if part)


def _resampled(part: Fields, spec: DataSpec, rate: int, length: int) -> Fields:
    made = dict(part)
    waveforms = ["real"]
    if spec.condition is not None and spec.condition.kind == "waveform":
        waveforms.append("condition")
    for key in waveforms:
        made[key] = torch.empty(len(part[key]), length)
        for rows, place in zip(part[key].split(256), made[key].split(256), strict=True):
            place.copy_(resample(rows, spec.rate, rate, length).clamp(-1, 1))
    if "lengths" in part:
        made["lengths"] = (part["lengths"] * rate / spec.rate).ceil().long().clamp(max=length)
    return made

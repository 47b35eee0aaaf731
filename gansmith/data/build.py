"""Building a Dataset: the tensors are checked, counted and fingerprinted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from gansmith.data.checks import (
    conditions,
    counted,
    label_sets,
    labels,
    sentences,
    shown,
)
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields

WHOLE = 1 << 28  # fields up to 256 MiB are hashed whole
SAMPLED_ROWS = 4096


def fingerprint(train: Fields, held: Fields) -> str:
    """The first 16 hex digits of SHA-256 over names, dtypes, shapes and content.

    Of a field larger than 256 MiB (a memory-mapped one) 4096 evenly spaced rows are hashed, the
    first and the last among them.
    """
    digest = hashlib.sha256()
    for split, part in (("train", train), ("held", held)):
        for name in sorted(part):
            tensor = part[name]
            digest.update(f"{split} {name} {tensor.dtype} {tuple(tensor.shape)};".encode())
            if tensor.numel() * tensor.element_size() > WHOLE:
                rows = torch.linspace(0, len(tensor) - 1, SAMPLED_ROWS, dtype=torch.float64)
                tensor = tensor[rows.round().long()]
            digest.update(tensor.contiguous().numpy().data.cast("B"))
    return digest.hexdigest()[:16]


def image_dataset(
    name: str,
    train: Fields,
    held: Fields,
    *,
    classes: Sequence[str] = (),
    licence: str = "",
    source: str = "",
    filter: str = "",
) -> Dataset:
    """A data set of square pictures: real uint8 (N, C, H, W), optionally label int64 (N,).

    Raises DataError when the tensors are not that, or a label has no class name.
    """
    counted(name, train, held)
    for split, part in (("train", train), ("held", held)):
        real = part.get("real")
        if real is None or real.dtype != torch.uint8 or real.dim() != 4:
            raise DataError(f"{name}: {split} needs `real`, uint8 (N, C, H, W); {shown(real)}")
        if real.shape[2] != real.shape[3] or real.shape[1] not in (1, 3):
            raise DataError(f"{name}: pictures are square with 1 or 3 channels; {shown(real)}")
        if real.shape[1:] != train["real"].shape[1:]:
            raise DataError(f"{name}: held pictures differ from the training ones; {shown(real)}")
        labels(f"{name}: {split}", part, len(classes))
    _, channels, size, _ = train["real"].shape
    spec = DataSpec(
        kind="image",
        name=name,
        size=size,
        channels=channels,
        classes=tuple(classes),
        train=len(train["real"]),
        held=len(held["real"]),
        fingerprint=fingerprint(train, held),
        filter=filter,
        licence=licence,
        source=source,
    )
    return Dataset(spec, train, held)


def points_dataset(
    name: str, train: Tensor, held: Tensor, *, licence: str = "", source: str = ""
) -> Dataset:
    """A data set of points, (N, dim) floats that are kept as float32.

    Raises DataError naming the first row that holds a NaN or an infinity.
    """
    splits = {"train": train, "held": held}
    for split, points in splits.items():
        if points.dim() != 2 or not points.is_floating_point():
            raise DataError(f"{name}: {split} points are floats (N, dim); {shown(points)}")
        if points.shape[1] != train.shape[1]:
            raise DataError(f"{name}: held points differ from the training ones; {shown(points)}")
        bad = (~torch.isfinite(points)).any(dim=1).nonzero()
        if len(bad):
            row = int(bad[0])
            raise DataError(
                f"{name}: row {row} of {split} is not finite: {points[row].tolist()}; "
                f"{len(bad)} such row(s); remove them first"
            )
    fields = [{"real": points.float()} for points in splits.values()]
    counted(name, *fields)
    spec = DataSpec(
        kind="points",
        name=name,
        dim=train.shape[1],
        train=len(train),
        held=len(held),
        fingerprint=fingerprint(*fields),
        licence=licence,
        source=source,
    )
    return Dataset(spec, fields[0], fields[1])


def text_dataset(
    name: str,
    train: Fields,
    held: Fields,
    vocabulary: Sequence[str],
    *,
    licence: str = "",
    source: str = "",
) -> Dataset:
    """A data set of sentences: tokens int16 or int32 (N, T) padded with 0, lengths int64 (N,).

    vocabulary: the word of every token; the word of 0 is the end of a sentence.
    Raises DataError when the tensors are not that, or a token has no word.
    """
    counted(name, train, held)
    for split, part in (("train", train), ("held", held)):
        sentences(f"{name}: {split}", part, len(vocabulary), train["tokens"].shape[1])
    spec = DataSpec(
        kind="text",
        name=name,
        vocab=len(vocabulary),
        length=train["tokens"].shape[1],
        train=len(train["tokens"]),
        held=len(held["tokens"]),
        fingerprint=fingerprint(train, held),
        licence=licence,
        source=source,
    )
    return Dataset(spec, train, held, tuple(vocabulary))


def labels_dataset(
    name: str,
    train: Fields,
    held: Fields,
    *,
    names: Sequence[str],
    condition: Condition,
    licence: str = "",
    source: str = "",
    filter: str = "",
) -> Dataset:
    """A data set of label sets: real float32 (N, L) of 0 and 1, and the pictures `given`.

    names: of the L labels. condition: what the pictures are.
    Raises DataError when the tensors are not that, or a name stands twice.
    """
    counted(name, train, held)
    if condition.kind != "image" or len(set(names)) < len(names) or not names:
        raise DataError(
            f"{name}: labels are given for pictures and have names of their own; got "
            f"{condition.kind} and {', '.join(names) or 'no names'}"
        )
    for split, part in (("train", train), ("held", held)):
        label_sets(f"{name}: {split}", part.get("real"), len(names))
        given = part.get("given", torch.zeros(0))
        conditions(f"{name}: {split}", given, condition, 0)
    spec = DataSpec(
        kind="labels",
        name=name,
        classes=tuple(names),
        train=len(train["real"]),
        held=len(held["real"]),
        fingerprint=fingerprint(train, held),
        filter=filter,
        licence=licence,
        source=source,
        condition=condition,
    )
    return Dataset(spec, train, held)


def unpaired(name: str, a: Dataset, b: Dataset, *, paired: bool = False) -> Dataset:
    """Two image data sets as the domains a and b of a translation, not paired in training.

    paired: held a[i] and b[i] show the same thing, so a translation can be scored.
    Raises DataError when they are not pictures of one size, or `paired` with unequal counts.
    """
    parts = {"a": a, "b": b}
    for domain, part in parts.items():
        if part.spec.kind != "image":
            raise DataError(f"{name}: domain {domain} must be pictures; it is {part.spec.kind}")
    if a.spec.size != b.spec.size:
        raise DataError(f"{name}: sizes differ, {a.spec.size} and {b.spec.size}; ask for one size")
    if paired and a.spec.held != b.spec.held:
        raise DataError(f"{name}: pairs need equal counts; held {a.spec.held} and {b.spec.held}")
    train = {key: value for d, part in parts.items() for key, value in named(d, part.train).items()}
    held = {key: value for d, part in parts.items() for key, value in named(d, part.held).items()}
    spec = DataSpec(
        kind="unpaired",
        name=name,
        size=a.spec.size,
        channels=a.spec.channels if a.spec.channels == b.spec.channels else 0,
        classes=a.spec.classes if a.spec.classes == b.spec.classes else (),
        train=max(a.spec.train, b.spec.train),
        held=min(a.spec.held, b.spec.held),
        fingerprint=fingerprint(train, held),
        licence=" AND ".join(sorted({a.spec.licence, b.spec.licence} - {""})),
        source="; ".join(dict.fromkeys(part.spec.source for part in parts.values())),
        paired=paired,
        parts={domain: part.spec for domain, part in parts.items()},
    )
    return Dataset(spec, train, held, parts=parts)


def conditioned(
    dataset: Dataset,
    condition: Condition,
    train: Tensor,
    held: Tensor,
    vocabulary: Sequence[str] = (),
) -> Dataset:
    """Pictures or sounds together with what each is asked by, row for row: the field `given`.

    vocabulary: the words of a sentence's tokens.
    Raises DataError when the conditions are not what `condition` says, or not one for each picture.
    """
    name = dataset.spec.name
    if dataset.spec.kind not in ("image", "sound") or condition.field != "given":
        raise DataError(
            f"{name}: only pictures and sounds are given conditions, and classes are their labels"
        )
    for split, rows, part in (("train", train, dataset.train), ("held", held, dataset.held)):
        conditions(f"{name}: {split}", rows, condition, len(vocabulary))
        if len(rows) != len(part["real"]):
            raise DataError(
                f"{name}: every example needs its condition; {split} has {len(part['real'])} "
                f"examples and {len(rows)} conditions"
            )
    fields = [dict(dataset.train, given=train), dict(dataset.held, given=held)]
    spec = replace(dataset.spec, condition=condition, fingerprint=fingerprint(*fields))
    return replace(
        dataset, spec=spec, train=fields[0], held=fields[1], vocabulary=tuple(vocabulary)
    )


def named(prefix: str, part: Fields) -> Fields:
    """The fields under the name of their source: real becomes `a`, label becomes `a_label`."""
    return {prefix if key == "real" else f"{prefix}_{key}": value for key, value in part.items()}

"""Building a Dataset: the tensors are checked, counted and fingerprinted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from gansmith.data.checks import (
    check_classes,
    check_conditions,
    check_counts,
    check_label_sets,
    check_labels,
    check_sentences,
    got,
    rows_with,
)
from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Dataset, DataSpec, Fields

WHOLE = 1 << 28  # fields up to 256 MiB are hashed whole
SAMPLED_ROWS = 4096


def fingerprint(train: Fields, held_out: Fields) -> str:
    """The first 16 hex digits of SHA-256 over names, dtypes, shapes and content.

    Of a field larger than 256 MiB (a memory-mapped one) 4096 evenly spaced rows are hashed, the
    first and the last among them.
    """
    digest = hashlib.sha256()
    for split, part in (("train", train), ("held", held_out)):
        for name in sorted(part):
            tensor = part[name]
            digest.update(f"{split} {name} {tensor.dtype} {tuple(tensor.shape)};".encode())
            pieces: Iterable[Tensor] = [tensor]
            if tensor.numel() * tensor.element_size() > WHOLE:
                rows = torch.linspace(0, len(tensor) - 1, SAMPLED_ROWS, dtype=torch.float64)
                pieces = (tensor[some] for some in rows.round().long().split(64))
            for piece in pieces:
                digest.update(piece.contiguous().numpy().data.cast("B"))
    return digest.hexdigest()[:16]


def image_dataset(
    name: str,
    train: Fields,
    held_out: Fields,
    *,
    classes: Sequence[str] = (),
    licence: str = "",
    source: str = "",
    filter: str = "",
) -> Dataset:
    """A data set of square images: real uint8 (N, C, H, W), optionally label int64 (N,).

    Raises DataError when the tensors are not that, or a label has no class name.
    """
    check_counts(name, train, held_out)
    for split, part in (("train", train), ("held_out", held_out)):
        real = part.get("real")
        if real is None or real.dtype != torch.uint8 or real.dim() != 4:
            raise DataError(f"{name}: {split} needs `real`, uint8 (N, C, H, W); {got(real)}")
        if real.shape[2] != real.shape[3] or real.shape[1] not in (1, 3):
            raise DataError(f"{name}: images are square with 1 or 3 channels; {got(real)}")
        if real.shape[1:] != train["real"].shape[1:]:
            raise DataError(f"{name}: held images differ from the training ones; {got(real)}")
        check_labels(f"{name}: {split}", part, len(classes))
    check_classes(name, classes, train)
    _, channels, size, _ = train["real"].shape
    spec = DataSpec(
        kind="image",
        name=name,
        size=size,
        channels=channels,
        classes=tuple(classes),
        train=len(train["real"]),
        held_out=len(held_out["real"]),
        fingerprint=fingerprint(train, held_out),
        filter=filter,
        licence=licence,
        source=source,
    )
    return Dataset(spec, train, held_out)


def points_dataset(
    name: str, train: Tensor, held_out: Tensor, *, licence: str = "", source: str = ""
) -> Dataset:
    """A data set of points, (N, dim) floats that are kept as float32.

    Raises DataError naming the first row that holds a NaN or an infinity.
    """
    splits = {"train": train, "held_out": held_out}
    for split, points in splits.items():
        if points.dim() != 2 or not points.is_floating_point():
            raise DataError(f"{name}: {split} points are floats (N, dim); {got(points)}")
        if points.shape[1] != train.shape[1]:
            raise DataError(f"{name}: held points differ from the training ones; {got(points)}")
        if bad := rows_with(lambda values: ~values.isfinite(), points):
            row = bad[0]
            raise DataError(
                f"{name}: row {row} of {split} is not finite: {points[row].tolist()}; "
                f"{len(bad)} such row(s); remove them first"
            )
    fields = [{"real": points.float()} for points in splits.values()]
    check_counts(name, *fields)
    spec = DataSpec(
        kind="points",
        name=name,
        dim=train.shape[1],
        train=len(train),
        held_out=len(held_out),
        fingerprint=fingerprint(*fields),
        licence=licence,
        source=source,
    )
    return Dataset(spec, fields[0], fields[1])


def text_dataset(
    name: str,
    train: Fields,
    held_out: Fields,
    vocabulary: Sequence[str],
    *,
    classes: Sequence[str] = (),
    licence: str = "",
    source: str = "",
) -> Dataset:
    """A data set of sentences: tokens int16 or int32 (N, T) padded with 0, lengths int64 (N,).

    Optionally label int64 (N,).
    vocabulary: the word of every token; the word of 0 is the end of a sentence.
    Raises DataError when the tensors are not that, or a token has no word, or a label no class.
    """
    check_counts(name, train, held_out)
    for split, part in (("train", train), ("held_out", held_out)):
        check_sentences(f"{name}: {split}", part, len(vocabulary), train["tokens"].shape[1])
        check_labels(f"{name}: {split}", part, len(classes))
    check_classes(name, classes, train)
    spec = DataSpec(
        kind="text",
        name=name,
        classes=tuple(classes),
        vocab=len(vocabulary),
        length=train["tokens"].shape[1],
        train=len(train["tokens"]),
        held_out=len(held_out["tokens"]),
        fingerprint=fingerprint(train, held_out),
        licence=licence,
        source=source,
    )
    return Dataset(spec, train, held_out, tuple(vocabulary))


def labels_dataset(
    name: str,
    train: Fields,
    held_out: Fields,
    *,
    names: Sequence[str],
    condition: Condition,
    vocabulary: Sequence[str] = (),
    licence: str = "",
    source: str = "",
    filter: str = "",
) -> Dataset:
    """A data set of label sets: real float32 (N, L) of 0 and 1, conditioned on what they describe.

    names: of the L labels. condition: of the field `condition`. vocabulary: the words of the tokens
    of sentences.
    Raises DataError when the tensors are not that, or two labels have one name.
    """
    check_counts(name, train, held_out)
    if len(set(names)) < len(names) or not names or condition.field != "condition":
        raise DataError(
            f"{name}: labels have a name each and describe something; got {condition.kind} and "
            f"{', '.join(names) or 'no names'}"
        )
    for split, part in (("train", train), ("held_out", held_out)):
        check_label_sets(f"{name}: {split}", part.get("real"), len(names))
        rows = part.get("condition", torch.zeros(0))
        check_conditions(f"{name}: {split}", rows, condition, len(vocabulary))
    spec = DataSpec(
        kind="labels",
        name=name,
        classes=tuple(names),
        train=len(train["real"]),
        held_out=len(held_out["real"]),
        fingerprint=fingerprint(train, held_out),
        filter=filter,
        licence=licence,
        source=source,
        condition=condition,
    )
    return Dataset(spec, train, held_out, condition_vocabulary=tuple(vocabulary))


def with_condition(
    dataset: Dataset,
    condition: Condition,
    train: Tensor,
    held_out: Tensor,
    vocabulary: Sequence[str] = (),
) -> Dataset:
    """Examples of any kind together with their conditions, row for row: the field `condition`.

    vocabulary: the words of the tokens of sentences.
    Raises DataError when the conditions are not what `condition` says, or not one for each example.
    """
    name = dataset.spec.name
    if condition.field != "condition" or dataset.domains:
        raise DataError(f"{name}: one domain takes conditions, and classes are its labels")
    for split, rows, part in (
        ("train", train, dataset.train),
        ("held_out", held_out, dataset.held_out),
    ):
        check_conditions(f"{name}: {split}", rows, condition, len(vocabulary))
        count = rows_of(part)
        if len(rows) != count:
            raise DataError(
                f"{name}: every example needs its condition; {split} has {count} examples and "
                f"{len(rows)} conditions"
            )
    fields = [dict(dataset.train, condition=train), dict(dataset.held_out, condition=held_out)]
    spec = replace(dataset.spec, condition=condition, fingerprint=fingerprint(*fields))
    return replace(
        dataset,
        spec=spec,
        train=fields[0],
        held_out=fields[1],
        condition_vocabulary=tuple(vocabulary),
    )


def with_factors(
    dataset: Dataset, factors: Mapping[str, Sequence[str]], train: Fields, held_out: Fields
) -> Dataset:
    """Examples together with further label columns: the fields `factor_NAME`.

    factors: the names of the values of each. train, held_out: int64 (N,) each, by name.
    Raises DataError when a column is not that, a value has no name, or a name is no identifier.
    """
    where = dataset.spec.name
    parts = []
    for split, columns, part in (
        ("train", train, dataset.train),
        ("held_out", held_out, dataset.held_out),
    ):
        added = dict(part)
        for name, names in factors.items():
            if not name.isidentifier() or name in ("label", "class"):
                raise DataError(f"{where}: a factor is named by an identifier; got {name!r}")
            column = columns.get(name, torch.zeros(0))
            check_labels(f"{where}: {split} factor {name}", {"label": column}, len(names))
            if len(column) != rows_of(part):
                raise DataError(
                    f"{where}: factor {name} of {split} has {len(column)} rows; there are "
                    f"{rows_of(part)} examples"
                )
            added[f"factor_{name}"] = column
        parts.append(added)
    known = {**dataset.spec.factors, **{name: tuple(names) for name, names in factors.items()}}
    spec = replace(dataset.spec, factors=known, fingerprint=fingerprint(*parts))
    return replace(dataset, spec=spec, train=parts[0], held_out=parts[1])


def rows_of(part: Fields) -> int:
    """The number of examples in a part of a data set of one domain."""
    return len(part["tokens" if "tokens" in part else "real"])


def prefixed(prefix: str, part: Fields) -> Fields:
    """The fields under the name of their source: real becomes `a`, label becomes `a_label`.

    The tokens of text count as `real`.
    """
    main = "tokens" if "tokens" in part else "real"
    return {prefix if key == main else f"{prefix}_{key}": value for key, value in part.items()}

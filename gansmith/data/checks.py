"""Checks of the tensors of a data set; each raises DataError naming what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gansmith.data.condition import Condition
from gansmith.data.spec import DataError, Fields

TOGETHER = 1024  # rows that are looked at in one go


def check_counts(name: str, train: Fields, held_out: Fields) -> None:
    """Both parts have the same fields, each part of one length, and train is not empty."""
    if set(train) != set(held_out):
        raise DataError(f"{name}: train has {sorted(train)}, held_out has {sorted(held_out)}")
    for split, part in (("train", train), ("held_out", held_out)):
        counts = {key: len(value) for key, value in part.items()}
        if len(set(counts.values())) != 1:
            raise DataError(f"{name}: all fields of {split} need one length; got {counts}")
    if not any(len(value) for value in train.values()):
        raise DataError(f"{name}: there is not one training example")


def check_classes(name: str, classes: Sequence[str], train: Fields) -> None:
    """Classes have names of their own, and each has a training example."""
    if len(set(classes)) < len(classes):
        twice = sorted(each for each, count in Counter(classes).items() if count > 1)
        raise DataError(
            f"{name}: several classes are called {' and '.join(twice[:5])}; rename them"
        )
    if "label" in train:
        counts = train["label"].bincount(minlength=len(classes)).tolist()
        empty = [each for each, count in zip(classes, counts, strict=True) if not count]
        if empty:
            more = f" and {len(empty) - 5} more" if len(empty) > 5 else ""
            raise DataError(
                f"{name}: no training example has the label {', '.join(empty[:5])}{more}: add "
                "some, or leave out what is held out with it"
            )


def check_labels(where: str, part: Fields, classes: int) -> None:
    """Labels, where there are any, are int64 (N,) in 0 .. classes - 1."""
    label = part.get("label")
    if label is None:
        return
    if label.dtype != torch.int64 or label.dim() != 1:
        raise DataError(f"{where} labels are int64 (N,); {got(label)}")
    bad = ((label < 0) | (label >= classes)).nonzero()
    if len(bad):
        row = int(bad[0])
        raise DataError(
            f"{where} row {row} has label {int(label[row])}; there are {classes} classes"
        )


def check_label_sets(where: str, real: Tensor | None, count: int) -> None:
    """Label sets are float32 (N, count) of 0 and 1."""
    if real is None or real.dtype != torch.float32 or real.shape[1:] != (count,):
        raise DataError(f"{where} label sets are float32 (N, {count}); {got(real)}")
    bad = ((real != 0) & (real != 1)).any(1).nonzero()
    if len(bad):
        row = int(bad[0])
        raise DataError(f"{where} row {row} has labels that are not 0 or 1: {real[row].tolist()}")


def check_sentences(where: str, part: Fields, vocab: int, length: int) -> None:
    """Tokens (N, length) in 0 .. vocab - 1, not 0 up to `lengths` and 0 from there on."""
    tokens, lengths = part.get("tokens"), part.get("lengths")
    if tokens is None or tokens.dim() != 2 or tokens.dtype not in (torch.int16, torch.int32):
        raise DataError(f"{where} tokens are int16 or int32 (N, T); {got(tokens)}")
    if lengths is None or lengths.dtype != torch.int64 or lengths.dim() != 1:
        raise DataError(f"{where} lengths are int64 (N,); {got(lengths)}")
    if tokens.shape[1] != length:
        raise DataError(f"{where} sentences need the {length} places of the training ones")
    if len(tokens) and not (int(tokens.min()) >= 0 and int(tokens.max()) < vocab):
        raise DataError(f"{where} tokens are 0..{vocab - 1}; got {tokens.min()}..{tokens.max()}")
    place = torch.arange(length)
    for some, ends in zip(tokens.split(TOGETHER), lengths.split(TOGETHER), strict=True):
        if not torch.equal(some != 0, place < ends[:, None]):
            raise DataError(f"{where} tokens are non-zero up to `lengths`, then 0")


def check_waveforms(where: str, part: Fields, like: Tensor | None) -> None:
    """Sounds are float32 (N, T) within [-1, 1], T that of the training ones; so are lengths."""
    real, lengths = part.get("real"), part.get("lengths")
    if real is None or real.dtype != torch.float32 or real.dim() != 2 or not real.shape[1]:
        raise DataError(f"{where} needs `real`, float32 (N, T); {got(real)}")
    if like is not None and real.shape[1:] != like.shape[1:]:
        raise DataError(f"{where} sounds differ in length from the training ones; {got(real)}")
    check_range(where, "sound", real)
    if lengths is not None and (
        lengths.shape != real.shape[:1]
        or lengths.dtype != torch.int64
        or bool(((lengths < 1) | (lengths > real.shape[1])).any())
    ):
        raise DataError(f"{where} lengths are int64 (N,), 1 to {real.shape[1]}; {got(lengths)}")


def check_range(where: str, what: str, rows: Tensor) -> None:
    """Every row is finite and lies in [-1, 1]."""
    bad = rows_with(lambda values: ~(values.abs() <= 1), rows)
    if bad:
        raise DataError(
            f"{where} row {bad[0]} has a {what} that is not finite or leaves [-1, 1]; {len(bad)} so"
        )


def rows_with(wrong: Callable[[Tensor], Tensor], rows: Tensor) -> list[int]:
    """The rows that hold a wrong value, (N, ...); in parts, since `wrong` makes copies."""
    found = torch.cat([wrong(part).flatten(1).any(1) for part in rows.split(TOGETHER)])
    return found.nonzero().flatten().tolist()


TYPES: dict[str, tuple[torch.dtype, ...]] = {
    "label-set": (torch.float32,),
    "attributes": (torch.float32,),
    "sentence": (torch.int16, torch.int32),
    "embedding": (torch.float32,),
    "log-mel": (torch.uint8,),
    "waveform": (torch.float32,),
    "image": (torch.uint8,),
    "clip": (torch.uint8,),
    "references": (torch.uint8,),
}


def check_conditions(where: str, rows: Tensor, condition: Condition, vocab: int) -> None:
    """Conditions have the type and shape of their description; no sentence is empty."""
    if rows.dtype not in TYPES[condition.kind] or rows.shape[1:] != condition.shape:
        types = " or ".join(str(dtype).removeprefix("torch.") for dtype in TYPES[condition.kind])
        raise DataError(
            f"{where} conditions ({condition.kind}) are {types} (N, "
            f"{', '.join(map(str, condition.shape))}); {got(rows)}"
        )
    if rows.is_floating_point() and (bad := rows_with(lambda x: ~x.isfinite(), rows)):
        raise DataError(f"{where} row {bad[0]} has a condition that is not finite")
    if condition.kind == "waveform":
        check_range(where, "condition", rows)
    if condition.kind == "sentence" and len(rows):
        if condition.vocab != vocab or not 0 <= int(rows.min()) <= int(rows.max()) < vocab:
            raise DataError(f"{where} tokens are 0..{vocab - 1}, one for each word")
        empty = (rows[:, 0] == 0).nonzero()
        if len(empty):
            raise DataError(f"{where} row {int(empty[0])} has an empty sentence; {len(empty)} so")


def got(tensor: Tensor | None) -> str:
    """What came, for an error message."""
    return "got nothing" if tensor is None else f"got {tensor.dtype} {tuple(tensor.shape)}"

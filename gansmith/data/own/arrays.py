"""Arrays as a Dataset: what their values mean is told from dtype, shape and range, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from gansmith.data.build import image_dataset, points_dataset
from gansmith.data.own.holdout import hold_out, refuse_val
from gansmith.data.own.pictures import FILTER, fit
from gansmith.data.own.wishes import Wishes
from gansmith.data.spec import DataError, Dataset, Fields

MAX_DIM = 64  # points have at most so many coordinates; longer rows are flattened pictures


@dataclass(frozen=True)
class Arrays:
    """What a file holds: values, and if it has them labels and a held out part of its own."""

    train: np.ndarray
    label: np.ndarray | None = None
    held: np.ndarray | None = None
    held_label: np.ndarray | None = None


def array_dataset(arrays: Arrays, name: str, where: str, wishes: Wishes) -> Dataset:
    """Floats (N,) or (N, dim) are points, 3 or 4 dimensions pictures; else a DataError."""
    _sound(arrays.train, where)
    if arrays.train.min() == arrays.train.max():
        raise DataError(
            f"{where} is constant: every value is {arrays.train.flat[0]}; there is nothing to learn"
        )
    if arrays.held is not None:
        refuse_val(wishes.val, where)
        _sound(arrays.held, f"{where} (held out part)")
    if arrays.train.ndim <= 2:
        return _points(arrays, name, where, wishes)
    held = arrays.held if arrays.held is not None else arrays.train[:0]
    first = _channels_first(arrays.train, where)
    size, channels = wishes.size or min(first.shape[2:]), wishes.channels or first.shape[1]
    span = _range(arrays.train, held)
    both = [_pictures(part, span, (channels, size, size), where) for part in (arrays.train, held)]
    fields: list[Fields] = [{"real": torch.from_numpy(part)} for part in both]
    labels, classes = _labels(arrays, where)
    for part, label in zip(fields, labels, strict=False):
        part["label"] = label
    if arrays.held is None:
        fields = list(_taken(fields[0], wishes.val, where))
    how = "" if first.shape[2:] == (size, size) else f"centre crop, {FILTER}"
    return image_dataset(name, *fields, classes=classes, source=where, filter=how)


def _points(arrays: Arrays, name: str, where: str, wishes: Wishes) -> Dataset:
    wishes.refuse_pictures(where, "points")
    if arrays.label is not None:
        raise DataError(
            f"{where} has labels for points, which no data set of points uses; save it without"
        )
    parts = [p.reshape(len(p), -1) for p in (arrays.train, arrays.held) if p is not None]
    if parts[0].dtype.kind != "f" or parts[0].shape[1] > MAX_DIM:
        raise DataError(
            f"{where} holds {parts[0].dtype} of shape {arrays.train.shape}: points are floats "
            "with at "
            f"most {MAX_DIM} coordinates; reshape pictures to (N, H, W) or (N, H, W, C)"
        )
    train = {"real": torch.from_numpy(parts[0].astype(np.float32))}
    if len(parts) == 2:
        held = {"real": torch.from_numpy(parts[1].astype(np.float32))}
    else:
        train, held = _taken(train, wishes.val, where)
    return points_dataset(name, train["real"], held["real"], source=where)


def _taken(fields: Fields, val: float | None, where: str) -> tuple[Fields, Fields]:
    """A part held out by the number of the row, so that rows added at the end move no other."""
    out = torch.from_numpy(hold_out([str(row) for row in range(len(fields["real"]))], val, where))
    return {k: v[~out] for k, v in fields.items()}, {k: v[out] for k, v in fields.items()}


def _sound(values: np.ndarray, where: str) -> None:
    if values.dtype.kind not in "buif" or not 1 <= values.ndim <= 4:
        raise DataError(
            f"{where} holds {values.dtype} of shape {values.shape}, expected numbers: points (N, "
            "dim), "
            "pictures (N, H, W), (N, H, W, C) or (N, C, H, W)"
        )
    if not values.size:
        raise DataError(f"{where} is empty: shape {values.shape}")
    if values.dtype.kind == "f":
        finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if not finite.all():
            raise DataError(
                f"{where}: row {int(finite.argmin())} is the first of {int((~finite).sum())} with "
                "NaN or "
                "infinity; remove them and save again"
            )


def _range(train: np.ndarray, held: np.ndarray) -> tuple[float, float]:
    low, high = float(train.min()), float(train.max())
    return (min(low, float(held.min())), max(high, float(held.max()))) if held.size else (low, high)


def _pictures(
    values: np.ndarray, span: tuple[float, float], shape: tuple[int, int, int], where: str
) -> np.ndarray:
    """Any picture array to uint8 (N, *shape), shape (C, size, size)."""
    values = _channels_first(values, where)
    out = np.empty((len(values), *shape), np.uint8)
    for row, picture in enumerate(values):
        eight = _bytes(picture, *span, where)
        if eight.shape != shape:
            channels_last = np.ascontiguousarray(eight.transpose(1, 2, 0))
            shown = Image.fromarray(eight[0] if len(eight) == 1 else channels_last)
            eight = fit(shown, shape[1], shape[0])
        out[row] = eight
    return out


def _channels_first(values: np.ndarray, where: str) -> np.ndarray:
    if values.ndim == 3 and values.shape[-1] > 4:
        return values[:, None]
    first, last = values.shape[1] in (1, 3), values.shape[-1] in (1, 3)
    if values.ndim == 4 and first != last:
        return values if first else values.transpose(0, 3, 1, 2)
    raise DataError(
        f"{where}: shape {values.shape} is not clearly that of pictures; expected (N, H, W), (N, "
        "H, W, C) "
        "or (N, C, H, W) with C 1 or 3"
    )


def _bytes(values: np.ndarray, low: float, high: float, where: str) -> np.ndarray:
    """Values of a known range [low, high] as uint8, rounded.

    Floats within [0, 1] count from black to white, else those within [-1, 1] do, else those within
    [0, 255]. Truth values are black and white; whole numbers up to 255 are taken as they are,
    uint16 beyond as 0..65535. Whole numbers that are only 0 and 1 are refused: nearly black as
    pictures, they are meant otherwise.
    """
    if values.dtype == bool:
        return values * np.uint8(255)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        scaled = values * 255.0
    elif values.dtype.kind == "f" and -1 <= low < 0 and high <= 1:
        scaled = (values + 1.0) * 127.5
    elif low >= 0 and 1 < high <= 255:
        scaled = values
    elif values.dtype == np.uint16:
        scaled = values / 257.0
    else:
        raise DataError(
            f"{where}: {values.dtype} values from {low:g} to {high:g} are no known range of "
            "pictures; "
            "expected 0 to 255, floats from 0 to 1 or from -1 to 1, or truth values (.astype(bool))"
        )
    return np.rint(scaled).astype(np.uint8)


def _labels(arrays: Arrays, where: str) -> tuple[list[torch.Tensor], tuple[str, ...]]:
    """Labels of both parts as int64 ([] without), and class names: words or numbers."""
    if arrays.held is not None and (arrays.label is None) != (arrays.held_label is None):
        raise DataError(
            f"{where} has labels for one of training and held out part only; add or remove them"
        )
    parts = []
    for label, values in ((arrays.label, arrays.train), (arrays.held_label, arrays.held)):
        if label is None or values is None:
            continue
        parts.append(label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label)
        if parts[-1].shape != (len(values),) or label.dtype.kind not in "uiU":
            raise DataError(
                f"{where}: labels are whole numbers or words, one for each of {len(values)} "
                "pictures; "
                f"got {label.dtype} of shape {label.shape}"
            )
    if not parts:
        return [], ()
    names, numbers = np.unique(np.concatenate(parts), return_inverse=True)
    classes = tuple(str(name) for name in names)
    if names.dtype.kind != "U":
        if names[0] < 0:
            raise DataError(f"{where}: label {names[0]} is negative; classes count from 0")
        numbers, classes = names[numbers], tuple(str(k) for k in range(int(names[-1]) + 1))
    tensor = torch.from_numpy(numbers.astype(np.int64))
    cut = len(arrays.train)
    return [tensor[:cut], tensor[cut:]], classes

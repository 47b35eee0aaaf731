"""Python objects as data: arrays, tensors, PyTorch's data sets and loaders, and one's own file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset
from torch.utils.data import Dataset as TorchDataset

from gansmith.core.python_file import load_from_file, own_code
from gansmith.data.readers.array_data import Arrays, array_dataset
from gansmith.data.readers.options import ReadOptions
from gansmith.data.readers.split import refuse_val
from gansmith.data.spec import DataError, Dataset
from gansmith.data.transforms.resize import resized

AT_ONCE = 256  # examples of a loader's data set that its collate_fn gets together


def object_dataset(given: Any, options: ReadOptions, name: str = "") -> Dataset:
    """A Python object as a data set, by this name or else that of its type.

    given: a Dataset; a tensor or an array, points (N, dim) or images (N, H, W), (N, H, W, C) or
        (N, C, H, W), as in an .npz (docs/data.md); a pair of these and labels (N,); a
        torch.utils.data.Dataset with a length, or a list, whose examples are such rows or pairs of
        a row and a label; a DataLoader, of which the data set and its collate_fn are used, not the
        order.
    It is read once, into memory. The same content has the same fingerprint, so a data set that
    augments at random cannot be given again to a run: augment in the game.
    Raises DataError for anything else, with what is accepted.
    """
    if isinstance(given, Dataset):
        refuse_val(options.val, given.spec.name)
        return resized(given, options.size, options.channels)
    name = name or type(given.dataset if isinstance(given, DataLoader) else given).__name__
    if isinstance(given, DataLoader):
        given = _rows(given.dataset, given.collate_fn)
    elif isinstance(given, TorchDataset | list):
        given = _rows(given, _stacked)
    x, y = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    if not isinstance(x, Tensor | np.ndarray):
        raise DataError(
            f"{name}: data is a name, a path, a Dataset of gansmith.data, a tensor, an array, a "
            "pair of examples and labels, a list or torch.utils.data.Dataset of rows or of such "
            f"pairs, or a DataLoader; got {type(x).__name__}"
        )
    arrays = Arrays(_array(x), None if y is None else _array(y))
    kept = replace(options, large=sys.maxsize)  # it lies in memory already
    return array_dataset(arrays, name, f"the {name} that was given", kept)


def file_dataset(name: str, options: ReadOptions) -> Dataset:
    """What `file.py:name` holds as data; a function is called without arguments.

    Raises ValueError when there is no such file or name, DataError as `object_dataset`.
    """
    found = load_from_file(name)
    with own_code(name):
        given = found() if callable(found) else found
    return object_dataset(given, options, name.rpartition(":")[2])


def _rows(dataset: Any, collate: Callable[[list[Any]], Any]) -> Any:
    """The examples of a data set of PyTorch, one after the other: x, or (x, y)."""
    if isinstance(dataset, IterableDataset) or not len(dataset):
        raise DataError(
            f"{type(dataset).__name__} has no examples that can be counted: give a data set with a "
            "length, or train on batches with Trainer and gansmith.data.from_loader"
        )
    count = len(dataset)
    batches = [
        collate([dataset[row] for row in range(start, min(start + AT_ONCE, count))])
        for start in range(0, count, AT_ONCE)
    ]
    if not isinstance(batches[0], tuple | list):
        return _joined([_array(batch) for batch in batches])
    sides = [_joined([_array(part) for part in side]) for side in zip(*batches, strict=True)]
    if len(sides) > 2:
        raise DataError(f"an example is a row, or a row and its label; got {len(sides)} parts")
    return (sides[0], sides[1]) if len(sides) == 2 else sides[0]


def _stacked(items: list[Any]) -> Any:
    """Rows, pictures of Pillow included, or tuples of a row and a label, as arrays."""
    if not isinstance(items[0], tuple | list):
        return _joined([_array(item)[None] for item in items])
    sides = zip(*items, strict=True)
    return tuple(_joined([_array(part)[None] for part in side]) for side in sides)


def _joined(rows: Sequence[np.ndarray]) -> np.ndarray:
    shapes = sorted({row.shape[1:] for row in rows})
    if len(shapes) > 1:
        raise DataError(f"examples of one shape are joined; got {shapes[0]} and {shapes[1]}")
    return np.concatenate(rows)


def _array(x: Any) -> np.ndarray:
    if isinstance(x, Tensor):
        x = x.detach().cpu()
        return (x.float() if x.dtype == torch.bfloat16 else x).numpy()
    return np.asarray(x)

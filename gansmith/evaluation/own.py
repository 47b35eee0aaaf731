"""Metrics of one's own: functions of samples and real examples, or their names, file.py:name."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection
from contextlib import nullcontext
from typing import cast

import torch
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.python_file import in_python_file, load_from_file, own_code
from gansmith.data import Dataset
from gansmith.metrics import Better, Measured, Protocol
from gansmith.metrics.protocol import HELD_OUT
from gansmith.metrics.samples import subsample
from gansmith.modalities import modality_of

LIMIT = 4000  # samples of each kind that a function gets
DIRECTIONS = ("lower", "higher", "near")
Metric = Callable[..., float]  # (*, generated: Tensor, real: Tensor)


def is_own(metric: str | Metric) -> bool:
    """Whether a metric is none of the package."""
    return not isinstance(metric, str) or in_python_file(metric) or metric.endswith(".py")


def key_of(metric: str | Metric) -> str:
    """What stands for a metric where its number is kept."""
    return metric if isinstance(metric, str) else getattr(metric, "__name__", repr(metric))


def find_metric(metric: str | Metric) -> tuple[Metric, Better]:
    """The function that is, or has the name, file.py:function, and its attribute `better`, "lower"
    without one.

    Raises ValueError when there is no such file or function, or it is none.
    """
    if isinstance(metric, str) and metric.endswith(".py"):
        raise ValueError(f"{metric}: say which of its functions is the metric, {metric}:mine")
    function = load_from_file(metric) if isinstance(metric, str) else metric
    better = getattr(function, "better", "lower")
    try:
        inspect.signature(function).bind(generated=None, real=None)
        fine = better in DIRECTIONS
    except TypeError:
        fine = False
    if not fine:
        raise ValueError(
            f"{key_of(metric)}: a metric is a function of `generated` and `real` to a number, and "
            f"its attribute `better`, if it has one, is {', '.join(DIRECTIONS)}"
        )
    return function, cast(Better, better)


def measure_own(
    metrics: Collection[str | Metric], samples: Tensor, dataset: Dataset, seed: int
) -> dict[str, Measured]:
    """The numbers of one's own functions, by key: of samples, and of training examples as `real`.

    A function gets two tensors of equally many rows (n, ...) by the names `generated` and `real`,
    held-out ones, as a game makes them and players read them: images (n, C, H, W) in [-1, 1],
    points (n, dim), tokens (n, T), waveforms (n, T), label sets (n, L).
    Raises ValueError where it does not give one finite number.
    """
    field = modality_of(dataset.spec).field
    parts = subsample(
        generated=samples,
        held_out=dataset.held_out[field],
        train=dataset.train[field],
        limit=LIMIT,
        seed=seed,
    )
    generated, held_out, train = (
        Batch(rows=rows).to(torch.device("cpu"), torch.contiguous_format).rows
        for rows in (parts.generated, parts.held_out, parts.train)
    )
    protocol = Protocol("none", HELD_OUT, parts.counts(), seed=seed)
    found = {}
    for metric in metrics:
        key, (function, better) = key_of(metric), find_metric(metric)
        value, real = (_number(key, function, x, held_out) for x in (generated, train))
        found[key] = Measured(key.rpartition(":")[2], value, better, protocol, real)
    return found


def _number(key: str, function: Metric, generated: Tensor, real: Tensor) -> float:
    with own_code(key) if in_python_file(key) else nullcontext():
        # Copies: what a function changes in place would be the data that others are measured by.
        value: object = function(generated=generated.clone(), real=real.clone())
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{key} gave {value!r}; a metric gives one finite number")
    return number

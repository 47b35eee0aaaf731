"""Matrices of points or features, given as tensors or NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = Tensor | np.ndarray[Any, Any]


def as_matrix(x: Array, what: str, least: int = 1) -> Tensor:
    """x as a float64 CPU tensor (N, d), N >= least, of finite numbers; else ValueError.

    what: the name of the rows in the message, for example "features".
    """
    found = torch.as_tensor(x).detach().cpu()
    if found.ndim != 2 or len(found) < least or found.shape[1] == 0:
        raise ValueError(
            f"expected {what} (N, d) with N >= {least} and d >= 1; got shape {tuple(found.shape)}"
        )
    found = found.double()
    if not torch.isfinite(found).all():
        raise ValueError(f"{what} hold NaN or infinite values; look at their source first")
    return found


def as_matrices(x: Array, y: Array, what: str, least: int = 1) -> tuple[Tensor, Tensor]:
    """Both as by `as_matrix`, of the same number of dimensions; else ValueError."""
    first, second = as_matrix(x, what, least), as_matrix(y, what, least)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"{what} of {first.shape[1]} and {second.shape[1]} dimensions cannot be compared"
        )
    return first, second

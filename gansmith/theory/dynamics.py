"""Exact dynamics: the bilinear game, and the derivative of a maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gansmith.theory.integrands import Array

Turns = Literal["simultaneous", "alternating"]


def bilinear_step(rate: float, turns: Turns) -> Array:
    """The matrix of one step of V(x, y) = x y, where x descends and y ascends (arXiv:1801.04406).

    simultaneous: x - rate y, y + rate x; both eigenvalues have modulus sqrt(1 + rate^2).
    alternating: y uses the new x; determinant 1, modulus 1 for rate up to 2 and more beyond.
    Raises ValueError for other turns.
    """
    if turns not in ("simultaneous", "alternating"):
        raise ValueError(f"players move 'simultaneous' or 'alternating'; got {turns!r}")
    last = 1.0 if turns == "simultaneous" else 1 - rate**2
    return np.array([[1.0, -rate], [rate, last]])


def bilinear_path(start: tuple[float, float], rate: float, steps: int, turns: Turns) -> Array:
    """(x, y) before and after each of the steps: (steps + 1, 2)."""
    step = bilinear_step(rate, turns)
    path = [np.array(start, float)]
    for _ in range(steps):
        path.append(step @ path[-1])
    return np.stack(path)


class Maximum(NamedTuple):
    """max_i f_i at a point: its value, the index of the largest f, and the gradient of that f."""

    value: float
    active: int
    gradient: Tensor


def max_with_gradient(functions: Sequence[Callable[[Tensor], Tensor]], x: Tensor) -> Maximum:
    """Danskin's rule: d/dx max_i f_i(x) = d/dx f_j(x), j the largest at x (doi:10.1137/0114053).

    It allows G to descend max_D V(G, D) by the gradient of V at the best D. Where several f are
    largest, the convex hull of their gradients holds the subgradients; the first is returned.
    x: (d,). Each function maps it to a scalar.
    """
    point = x.detach().requires_grad_()
    values = torch.stack([f(point) for f in functions])
    active = int(values.argmax())
    (gradient,) = torch.autograd.grad(values[active], point, materialize_grads=True)
    return Maximum(values[active].item(), active, gradient)

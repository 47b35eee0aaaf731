"""Gradient reversal: minimization by one player, maximization by another (arXiv:1505.07818)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.scale * gradient, None


def reverse_gradient(x: Tensor, scale: float = 1.0) -> Tensor:
    """x in the forward pass; the gradient times -scale in the backward pass (Eqs. 8, 9)."""
    out: Tensor = _Reverse.apply(x, scale)
    return out

"""Gradient reversal: what one player lowers, another raises, in one pass (arXiv:1505.07818)."""

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
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        return -ctx.scale * slope, None


def reverse(x: Tensor, scale: float = 1.0) -> Tensor:
    """x itself on the way forward; on the way back the gradient times -scale (Eqs. 8, 9)."""
    out: Tensor = _Reverse.apply(x, scale)
    return out

"""Losses and penalties in full precision, whatever runs around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def upcast(x: Tensor) -> Tensor:
    """Half precision to float32, with its graph; float32 and float64 unchanged.

    Raises TypeError for anything that is not of a floating type.
    """
    if not x.is_floating_point():
        raise TypeError(f"expected floating-point numbers, such as D's logits; got {x.dtype}")
    return x.float() if x.element_size() < 4 else x


def to_float32(x: Tensor) -> Tensor:
    """x detached from its graph, half precision as float32; float64 stays float64.

    Raises TypeError when x is not of a floating type: nothing can be differentiated there.
    """
    if not x.is_floating_point():
        raise TypeError(
            f"gradients are taken at floating-point samples; got {x.dtype}: convert uint8 images "
            "to float32 in [-1, 1] first"
        )
    return upcast(x.detach())


@contextmanager
def eager_float32(x: Tensor) -> Iterator[None]:
    """Run without autocast and without compiled code, with gradients recorded.

    In bfloat16 a penalty's parameter gradient is off by 4e-3, and compiled code cannot be
    differentiated twice. Players that were compiled in place run eagerly inside.

    x: any tensor on the device that is used.
    """
    eager = torch.compiler.set_stance("force_eager")
    with eager, torch.autocast(x.device.type, enabled=False), torch.enable_grad():
        yield

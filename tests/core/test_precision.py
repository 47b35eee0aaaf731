"""Full precision for losses and penalties."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.precision import eager_float32, to_float32, upcast


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_half_precision_becomes_float32(dtype: torch.dtype) -> None:
    x = torch.ones(3, dtype=dtype, requires_grad=True)
    wanted = torch.float64 if dtype == torch.float64 else torch.float32
    assert (upcast(x).dtype, upcast(x).requires_grad) == (wanted, True)
    assert (to_float32(x).dtype, to_float32(x).requires_grad) == (wanted, False)


def test_integers_are_refused() -> None:
    for convert in (upcast, to_float32):
        with pytest.raises(TypeError, match=r"got torch\.uint8"):
            convert(torch.zeros(2, dtype=torch.uint8))


def test_autocast_and_no_grad_outside_change_nothing_inside() -> None:
    x = torch.ones(2, 2, requires_grad=True)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert (x @ x).dtype == torch.bfloat16
        with eager_float32(x):
            assert ((x @ x).dtype, (x @ x).requires_grad) == (torch.float32, True)
        assert not (x @ x).requires_grad

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.networks.gradient_reversal import reverse_gradient


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 0.1, 0.0, 3.0])
def test_the_gradient_is_minus_scale_times_what_comes(scale: float, dtype: torch.dtype) -> None:
    """To the last bit, in three dtypes; the value is untouched."""
    x = Rng(0).normal(50, 3).to(dtype).requires_grad_()
    come = Rng(1).normal(50, 3).to(dtype)
    y = reverse_gradient(x, scale)
    assert y.equal(x)
    y.backward(come)
    assert x.grad is not None
    assert x.grad.dtype == dtype
    assert x.grad.equal(-scale * come)


def test_twice_reversed_is_forward() -> None:
    x = Rng(0).normal(4, 3).requires_grad_()
    (slope,) = torch.autograd.grad(reverse_gradient(reverse_gradient(x)).square().sum(), x)
    assert slope.equal(2 * x)


def test_it_can_be_differentiated_twice() -> None:
    """The first derivative of reverse(x)^3 is -3 x^2; the second is the slope of that, -6 x."""
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad((x * reverse_gradient(x) ** 2).sum(), x, create_graph=True)
    torch.testing.assert_close(first, x**2 - 2 * x * x)
    (second,) = torch.autograd.grad(reverse_gradient(x).pow(3).sum(), x, create_graph=True)
    torch.testing.assert_close(second, -3 * x**2)
    assert second.requires_grad


def test_below_it_goes_up_and_above_it_goes_down() -> None:
    """Descent on one loss: what lies below the reversal climbs, what lies above falls."""
    below = torch.tensor(1.0, requires_grad=True)
    above = torch.tensor(1.0, requires_grad=True)
    (above * reverse_gradient(below)).backward()
    assert above.grad == 1
    assert below.grad == -1

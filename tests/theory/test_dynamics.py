import math

import numpy as np
import pytest
import torch
from known import exact

from gansmith.theory import bilinear_path, bilinear_step, max_with_gradient


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 1.5])
def test_simultaneous_steps_grow_by_one_known_factor(rate):
    path = bilinear_path((1, 0.5), rate, 40, "simultaneous")
    assert path.shape == (41, 2)
    norms = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(norms[1:] / norms[:-1], math.sqrt(1 + rate**2), rtol=1e-12)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 1.9])
def test_alternating_steps_stay_on_an_ellipse(rate):
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(bilinear_step(rate, "alternating"))), 1)
    x, y = bilinear_path((1, 0.5), rate, 500, "alternating").T
    kept = x**2 + y**2 - rate * x * y
    np.testing.assert_allclose(kept, kept[0], rtol=1e-9)


def test_too_long_alternating_steps_grow_too():
    assert np.abs(np.linalg.eigvals(bilinear_step(2.1, "alternating"))).max() > 1.3


@pytest.mark.parametrize("turns", ["simultaneous", "alternating"])
def test_the_path_is_that_of_gradient_steps(turns):
    x, y = exact(1.0).requires_grad_(), exact(0.5).requires_grad_()
    path = bilinear_path((1, 0.5), 0.2, 10, turns)
    for row in path[1:]:
        (down,) = torch.autograd.grad(x * y, x)
        old = x
        x = (x - 0.2 * down).detach().requires_grad_()
        seen = x if turns == "alternating" else old
        (up,) = torch.autograd.grad(seen * y, y)
        y = (y + 0.2 * up).detach().requires_grad_()
        assert (x.item(), y.item()) == pytest.approx(tuple(row), abs=1e-12)


def test_other_turns_are_refused():
    with pytest.raises(ValueError, match="'simultaneous' or 'alternating'; got 'both'"):
        bilinear_step(0.1, "both")


FUNCTIONS = [lambda x: -x.sum(), lambda x: (x**2).sum() - 1, lambda x: 2 * x[0]]


@pytest.mark.parametrize(("at", "active"), [([-3.0, 1.0], 1), ([0.5, 0.1], 2), ([-0.5, -0.4], 0)])
def test_the_slope_of_a_maximum_is_that_of_the_largest(at, active):
    point = exact(at)
    found = max_with_gradient(FUNCTIONS, point)
    assert found.active == active
    assert found.value == max(float(f(point)) for f in FUNCTIONS)
    for i in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[i] = 1e-6
        above, below = (max_with_gradient(FUNCTIONS, point + s * step).value for s in (1, -1))
        assert float(found.gradient[i]) == pytest.approx((above - below) / 2e-6, rel=1e-6)


def test_a_constant_that_is_the_largest_has_no_slope():
    assert (
        max_with_gradient(
            [lambda x: x.sum() * 0 + 9, lambda x: x.sum()], exact([1.0])
        ).gradient.item()
        == 0
    )

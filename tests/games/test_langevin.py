from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.games.langevin import GradientAscent, Langevin, input_gradient
from gansmith.networks import MLPCritic

PRECISION = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
CENTRE = torch.tensor([1.0, -2.0], dtype=torch.float64)


def gauss(x: Tensor) -> Tensor:
    """log N(x; CENTRE, PRECISION^-1) but for a constant."""
    d = x - CENTRE.to(x)
    return -0.5 * ((d @ PRECISION.to(x)) * d).sum(1)


def test_the_slope_is_the_analytic_one_and_leaves_no_graph() -> None:
    x = Rng(0).normal(5, 2).double().requires_grad_()
    found = input_gradient(gauss, x)
    torch.testing.assert_close(found, -(x - CENTRE) @ PRECISION)
    assert not found.requires_grad
    assert x.grad is None


def test_it_asks_nothing_of_the_parameters_and_leaves_no_gradient_there() -> None:
    D, x = MLPCritic(2, 8, 2), Rng(0).normal(5, 2)
    moving = input_gradient(D, x)
    assert all(p.grad is None for p in D.parameters())
    with torch.no_grad():
        assert input_gradient(D.requires_grad_(False), x).equal(moving)


def test_ascent_by_hand() -> None:
    x = Rng(0).normal(4, 2).double()
    walk = GradientAscent(0.2)
    y = x
    for _ in range(3):
        y = y - 0.1 * (y - CENTRE) @ PRECISION
    torch.testing.assert_close(walk(gauss, x, walk.draw(x, 3, Rng(1))), y)


def test_ascent_finds_the_argmax() -> None:
    x = Rng(0).normal(50, 2).double()
    walk = GradientAscent(0.2)
    end = walk(gauss, x, walk.draw(x, 500, Rng(1)))
    torch.testing.assert_close(end, CENTRE.expand(50, 2))


def test_langevin_by_hand() -> None:
    x = Rng(0).normal(4, 2).double()
    walk = Langevin(0.2, 0.7)
    n = walk.draw(x, 2, Rng(1))
    assert n.shape == (4, 2, 2)
    y = x - 0.1 * (x - CENTRE) @ PRECISION + 0.7 * n[:, 0].double()
    y = y - 0.1 * (y - CENTRE) @ PRECISION + 0.7 * n[:, 1].double()
    torch.testing.assert_close(walk(gauss, x, n), y)


@pytest.mark.parametrize("temperature", [1.0, 0.25])
def test_langevin_samples_the_density_at_its_temperature(temperature: float) -> None:
    """4,000 chains of 400 steps: mean, and covariance t PRECISION^-1, within 5 deviations."""
    n, rate = 4000, 0.02
    walk = Langevin(rate, math.sqrt(rate * temperature))
    x = 3 * Rng(0).normal(n, 2).double()
    for part in range(20):
        x = walk(gauss, x, walk.draw(x, 20, Rng(1, part)).double())
    covariance = temperature * torch.linalg.inv(PRECISION)
    spread = covariance.diag().sqrt()
    assert ((x.mean(0) - CENTRE).abs() < 5 * spread / math.sqrt(n)).all()
    # a step of finite size widens by about rate / 4 of the precision: 2 % here
    bound = 5 * spread.outer(spread) * math.sqrt(2 / n) + 0.02 * covariance.abs()
    assert ((x.T.cov() - covariance).abs() < bound).all()
    wrong = (1.25 - temperature) * torch.linalg.inv(PRECISION)  # the control: the other one
    assert not ((x.T.cov() - wrong).abs() < bound).all()


@pytest.mark.parametrize("walk", [GradientAscent(9.0, 0.5), Langevin(9.0, 3.0, 0.5)])
def test_coordinates_stay_within_the_bound(walk: GradientAscent | Langevin) -> None:
    x = torch.zeros(20, 2)
    end = walk(gauss, x, walk.draw(x, 4, Rng(0)))
    assert float(end.abs().max()) == 0.5
    assert not x.any()  # what comes in stays as it is


def test_walks_run_in_full_precision_within_autocast() -> None:
    D, x, walk = MLPCritic(2, 8, 2), Rng(0).normal(6, 2), Langevin(0.1, 0.1)
    n = walk.draw(x, 3, Rng(1))
    plain = walk(D, x, n)
    with torch.autocast("cpu", torch.bfloat16):
        inside = walk(D, x, n)
        assert D(x).dtype == torch.bfloat16
    assert inside.dtype == torch.float32
    assert inside.equal(plain)


def test_examples_walk_apart() -> None:
    D, x, walk = (
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)),
        Rng(0).normal(6, 2),
        Langevin(0.5, 0.1),
    )
    n = walk.draw(x, 3, Rng(1))
    torch.testing.assert_close(walk(D, x, n)[2:4], walk(D, x[2:4], n[2:4]))

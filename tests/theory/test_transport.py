import itertools

import numpy as np
import pytest
import torch
from known import exact, normal
from scipy.optimize import linear_sum_assignment, linprog
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.metrics import wasserstein_1d
from gansmith.theory import optimal_transport, wasserstein
from gansmith.theory.transport import TransportPlan


def clouds(n: int, m: int, d: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    rng = Rng(seed)
    return rng.normal(n, d).double(), rng.normal(m, d).double() * 0.7 + 1


def by_program(plan: TransportPlan) -> float:
    """The same minimum by linear programming over all matrices."""
    n, m = plan.matrix.shape
    costs = (torch.cdist(plan.x, plan.y) ** plan.power).numpy()
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    found = linprog(
        costs.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([plan.a, plan.b])
    )
    return found.fun


@pytest.mark.parametrize("power", [1, 2])
def test_it_is_the_least_of_a_linear_program(power):
    x, y = clouds(12, 9, 2)
    a = Rng(5).uniform(12).numpy() + 0.1
    plan = optimal_transport(x, y, a, power=power)
    assert plan.cost == pytest.approx(by_program(plan), abs=1e-8)
    np.testing.assert_allclose(plan.matrix.sum(1), a / a.sum(), atol=1e-12)
    np.testing.assert_allclose(plan.matrix.sum(0), 1 / 9, atol=1e-12)
    assert plan.matrix.min() >= 0
    assert plan.distance == pytest.approx(plan.cost ** (1 / power))


def test_equal_counts_are_an_assignment():
    x, y = clouds(60, 60, 3)
    costs = torch.cdist(x, y).numpy()
    rows, columns = linear_sum_assignment(costs)
    assert optimal_transport(x, y).cost == pytest.approx(costs[rows, columns].mean(), abs=1e-10)


def test_on_the_line_it_is_what_quantiles_say():
    x, y = clouds(70, 40, 1)
    assert optimal_transport(x, y).cost == pytest.approx(
        wasserstein_1d(x[:, 0], y[:, 0]), abs=1e-10
    )
    exactly = wasserstein(normal(0, 1), normal(2, 1))
    quantiles = torch.special.ndtri((torch.arange(400, dtype=torch.float64) + 0.5) / 400)[:, None]
    assert optimal_transport(quantiles, quantiles + 2).cost == pytest.approx(exactly, abs=1e-10)


def test_a_translation_costs_its_length_in_any_dimension():
    x, _ = clouds(50, 1, 10)
    shift = Rng(3).normal(10).double()
    assert optimal_transport(x, x + shift).cost == pytest.approx(float(shift.norm()), abs=1e-10)


def test_parallel_lines_cost_the_gap_between_them():
    """arXiv:1701.07875, example 1."""
    along = torch.linspace(0, 1, 40, dtype=torch.float64)
    for theta in (4.0, 2.0, 1.0, 0.5):
        lines = (torch.stack([torch.full_like(along, at), along], 1) for at in (0.0, theta))
        assert optimal_transport(*lines).cost == pytest.approx(theta, abs=1e-10)


def test_no_other_plan_is_cheaper():
    x, y = clouds(15, 15, 2)
    plan = optimal_transport(x, y)
    rng = np.random.default_rng(0)
    others = [np.full((15, 15), 1 / 225)]
    others += [np.eye(15)[rng.permutation(15)] / 15 for _ in range(50)]
    others += [(one + other) / 2 for one, other in itertools.pairwise(others)]
    assert min(plan.cost_of(other) for other in others) > plan.cost
    assert plan.cost_of(plan.matrix) == pytest.approx(plan.cost)


def test_a_matrix_that_is_no_plan_is_refused():
    plan = optimal_transport(*clouds(3, 3, 2))
    with pytest.raises(ValueError, match="rows that sum to a"):
        plan.cost_of(np.eye(3))
    with pytest.raises(ValueError, match="no negative entries"):
        plan.cost_of(np.array([[1, -1, 1], [-1, 1, 1], [1, 1, -1]]) / 3)
    with pytest.raises(ValueError, match=r"shape \(3, 3\); got \(2, 2\)"):
        plan.cost_of(np.eye(2))


@pytest.mark.parametrize("power", [1, 2])
def test_prices_are_feasible_and_worth_the_cost(power):
    x, y = clouds(30, 20, 2)
    a = torch.ones(30)
    a[3] = 0  # POT prices a point without weight anyhow
    plan = optimal_transport(x, y, a, power=power)
    costs = (torch.cdist(x, y) ** power).numpy()
    assert (plan.u[:, None] + plan.v - costs).max() <= 1e-9
    assert plan.a @ plan.u + plan.b @ plan.v == pytest.approx(plan.cost, abs=1e-9)


def test_the_potential_is_the_best_critic():
    x, y = clouds(40, 30, 2)
    plan = optimal_transport(x, y)
    critic = plan.potential()
    np.testing.assert_allclose(critic(x).numpy(), plan.u, atol=1e-9)
    assert float(critic(x).mean() - critic(y).mean()) == pytest.approx(plan.cost, abs=1e-9)
    z = 5 * Rng(9).normal(500, 2).double()
    slopes = (critic(z)[:, None] - critic(z)).abs() / (torch.cdist(z, z) + torch.eye(500))
    assert float(slopes.max()) <= 1 + 1e-9


def test_weights_are_mass():
    """A point of weight 2 is two points."""
    x, y = exact([[0.0], [1.0]]), exact([[3.0]])
    assert optimal_transport(x, y, [2, 1]).cost == pytest.approx((2 * 3 + 2) / 3)
    assert optimal_transport(x, y, [1, 0]).cost == pytest.approx(3)


def test_pictures_show_what_moves():
    line = optimal_transport(*clouds(6, 5, 1)).plot()
    assert len(line.axes) == 4
    np.testing.assert_allclose(np.asarray(line.axes[1].images[0].get_array()).sum(), 1)
    plan = optimal_transport(*clouds(6, 6, 2))
    plane = plan.plot()
    assert len(plane.axes[0].lines) == 6


def test_mistakes_are_named():
    x, y = clouds(3, 3, 2)
    with pytest.raises(ValueError, match="2 and 1 dimensions"):
        optimal_transport(x, y[:, :1])
    with pytest.raises(ValueError, match="one weight for each of 3 points"):
        optimal_transport(x, y, [1, 1])
    with pytest.raises(ValueError, match="weights b are 0 or more"):
        optimal_transport(x, y, b=[1, -1, 1])
    with pytest.raises(ValueError, match="power of 1 or more; got 0"):
        optimal_transport(x, y, power=0)

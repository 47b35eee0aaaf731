from __future__ import annotations

import math

import numpy as np
import ot
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import wasserstein_distance
from torch import Tensor

from gansmith.core.game import Game
from gansmith.losses.sinkhorn import MinibatchEnergy, cosine_cost, sinkhorn


def clouds(n: int, m: int, dim: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(n, dim, generator=generator, dtype=torch.float64)
    return first, torch.randn(m, dim, generator=generator, dtype=torch.float64) + 0.5


def test_the_marginals_are_uniform_and_the_plan_positive() -> None:
    x, y = clouds(7, 11, 3)
    plan = sinkhorn(torch.cdist(x, y), 0.3, 300)
    assert (plan > 0).all()
    torch.testing.assert_close(plan.sum(0), torch.full((11,), 1 / 11).double())
    torch.testing.assert_close(plan.sum(1), torch.full((7,), 1 / 7).double())


@pytest.mark.parametrize("seed", range(5))
def test_for_a_small_epsilon_it_costs_what_the_best_plan_costs(seed: int) -> None:
    """float64, 5 pairs of clouds of 24 in 3 coordinates: within 2 %, and never below."""
    x, y = clouds(24, 24, 3, seed)
    cost = torch.cdist(x, y)
    best = float(ot.emd2([], [], cost.numpy()))
    found = float((sinkhorn(cost, 0.02, 1000) * cost).sum())
    assert found == pytest.approx(best, rel=0.02)
    loose = float((sinkhorn(cost, 1.0, 1000) * cost).sum())
    assert loose > 1.05 * best  # the control: much entropy costs


def test_on_the_line_it_is_the_distance_of_quantiles() -> None:
    x, y = clouds(40, 40, 1)
    cost = (x - y.T).abs()
    found = float((sinkhorn(cost, 0.01, 2000) * cost).sum())
    quantiles = float((x.sort(0).values - y.sort(0).values).abs().mean())
    assert quantiles == pytest.approx(wasserstein_distance(x[:, 0], y[:, 0]))
    assert found == pytest.approx(quantiles, rel=0.02)


def test_it_is_the_regularised_plan_of_another_solver() -> None:
    x, y = clouds(9, 6, 2)
    cost = torch.cdist(x, y)
    uniform = [np.full(n, 1 / n) for n in cost.shape]
    theirs = ot.sinkhorn(*uniform, cost.numpy(), 0.2, numItermax=5000, stopThr=1e-14)
    torch.testing.assert_close(sinkhorn(cost, 0.2, 1000), torch.from_numpy(theirs))


def test_a_tiny_epsilon_neither_under_nor_overflows() -> None:
    x, y = clouds(16, 16, 2)
    plan = sinkhorn(100 * torch.cdist(x, y).float(), 1e-3, 50)
    assert plan.isfinite().all()
    # costs of 1e5 times epsilon leave float32 two or three digits of the plan
    torch.testing.assert_close(plan.sum(0), torch.full((16,), 1 / 16), rtol=5e-3, atol=0)


def test_several_problems_at_once_are_each_of_them() -> None:
    costs = torch.stack([torch.cdist(*clouds(5, 6, 2, seed)) for seed in range(3)])
    together = sinkhorn(costs, 0.1, 50)
    for plan, cost in zip(together, costs, strict=True):
        torch.testing.assert_close(plan, sinkhorn(cost, 0.1, 50))


def test_bad_constants_are_refused() -> None:
    for epsilon, iterations in ((0.0, 5), (0.1, 0)):
        with pytest.raises(ValueError, match="epsilon above 0 and at least one iteration"):
            sinkhorn(torch.ones(2, 2), epsilon, iterations)


def test_the_cosine_cost() -> None:
    v = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    w = torch.tensor([[5.0, 0.0], [-1.0, 0.0], [1.0, 1.0]])
    s = 1 - math.sqrt(0.5)
    torch.testing.assert_close(cosine_cost(v, w), torch.tensor([[0.0, 2.0, s], [1.0, 1.0, s]]))
    with torch.autocast("cpu", torch.bfloat16):
        assert cosine_cost(v.bfloat16(), w.bfloat16()).dtype == torch.float32
        torch.testing.assert_close(cosine_cost(v, w), cosine_cost(v, w).double().float())


def test_the_energy_is_the_formula_of_the_paper() -> None:
    real, fake = clouds(12, 12, 4)

    def cost_of(x: Tensor, y: Tensor) -> Tensor:
        cost = 1 - F.cosine_similarity(x[:, None], y[None], dim=-1)
        return (sinkhorn(cost, 0.1, 40) * cost).sum()

    x, x_, y, y_ = real[:6], real[6:], fake[:6], fake[6:]
    across = cost_of(x, y) + cost_of(x, y_) + cost_of(x_, y) + cost_of(x_, y_)
    expected = across - 2 * cost_of(x, x_) - 2 * cost_of(y, y_)
    torch.testing.assert_close(MinibatchEnergy(0.1, 40)(real, fake), expected)


def test_its_gradient_is_that_of_the_regularised_distance() -> None:
    """The envelope theorem: with the plan held fixed, in float64 against finite differences.

    The value whose gradient it is includes the entropy, sum P c + epsilon sum P log P.
    """
    x, y = clouds(6, 6, 3)

    def value(x: Tensor) -> Tensor:
        cost = torch.cdist(x, y)
        plan = sinkhorn(cost, 0.3, 2000)
        return (plan * cost).sum() + 0.3 * (plan * plan.log()).sum()

    x.requires_grad_()
    cost = torch.cdist(x, y)
    plan = sinkhorn(cost, 0.3, 2000)
    assert not plan.requires_grad
    (gradient,) = torch.autograd.grad((plan * cost).sum(), x)
    for i, j in ((0, 0), (3, 2), (5, 1)):
        step = torch.zeros_like(x)
        step[i, j] = 1e-5
        with torch.no_grad():
            slope = (value(x + step) - value(x - step)) / 2e-5
        torch.testing.assert_close(gradient[i, j], slope, rtol=1e-4, atol=1e-7)


def test_in_the_mean_it_is_nothing_for_equal_distributions_and_grows_apart() -> None:
    """Mean over 100 batches of 2 x 16, against its standard error."""
    energy = MinibatchEnergy(0.1, 30)

    def values(shift: float) -> Tensor:
        draws = [torch.Generator().manual_seed(n) for n in range(100)]
        pairs = [torch.randn(2, 32, 4, generator=g) + 1 for g in draws]
        return torch.stack([energy(p[0], p[1] + shift) for p in pairs])

    same, near, far = (values(shift) for shift in (0.0, 1.0, 3.0))
    error = float(same.std()) / math.sqrt(100)
    assert abs(float(same.mean())) < 4 * error
    assert (same < 0).any()  # of one batch it may be negative
    assert 10 * error < float(near.mean()) < float(far.mean())


def test_odd_and_unequal_batches_are_refused() -> None:
    for real, fake in ((3, 3), (4, 6)):
        with pytest.raises(ValueError, match=f"got {real} real and {fake} fake"):
            MinibatchEnergy(0.1, 5)(torch.ones(real, 2), torch.ones(fake, 2))


def test_a_game_with_it_is_batch_coupled() -> None:
    game = Game()
    assert not game.batch_coupled
    game.energy = MinibatchEnergy(0.1, 5)  # type: ignore[assignment]
    assert game.batch_coupled

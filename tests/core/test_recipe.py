from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from gansmith.core.game import Game
from gansmith.core.recipe import Recipe, adam, constant, linear_decay, rmsprop, sgd
from gansmith.data import DataError, DataSpec
from gansmith.presets import PRESETS


def step(make: object, gradients: list[float]) -> float:
    """Where a parameter that starts at 1 is after some gradients."""
    p = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = make([p])  # type: ignore[operator]
    for gradient in gradients:
        p.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    return p.item()


def test_adam_is_adam_with_the_betas_given() -> None:
    m = v = 0.0
    x, lr, beta1, beta2 = 1.0, 0.1, 0.5, 0.9
    for t, g in enumerate([1.0, -3.0, 0.5], 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        x -= lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + 1e-8)
    assert step(adam(lr, beta1, beta2), [1.0, -3.0, 0.5]) == pytest.approx(x, rel=1e-9)
    assert adam(0.1)([nn.Parameter(torch.zeros(1))]).defaults["betas"] == (0.9, 0.999)
    assert adam(0.1)([nn.Parameter(torch.zeros(1))]).defaults["fused"] is True


def test_sgd_has_its_momentum() -> None:
    assert step(sgd(0.1, 0.5), [1.0, 1.0]) == pytest.approx(1 - 0.1 - 0.15)
    assert step(sgd(0.1), [1.0, 1.0]) == pytest.approx(0.8)


def test_rmsprop_has_no_momentum() -> None:
    v, x = 0.0, 1.0
    for g in [1.0, -3.0]:
        v = 0.99 * v + 0.01 * g * g
        x -= 0.1 * g / (v**0.5 + 1e-8)
    assert step(rmsprop(0.1), [1.0, -3.0]) == pytest.approx(x, rel=1e-9)


def test_a_constant_rate_stays() -> None:
    assert [constant(step, 10) for step in (0, 5, 9)] == [1, 1, 1]


@pytest.mark.parametrize("start", [0.0, 0.5, 0.8])
def test_a_falling_rate_stays_until_its_start_and_ends_at_zero(start: float) -> None:
    factors = [linear_decay(start)(step, 100) for step in range(101)]
    begins = round(100 * start)
    assert factors[: begins + 1] == pytest.approx([1.0] * (begins + 1))
    assert factors[100] == pytest.approx(0)
    middle = (begins + 100) // 2
    assert factors[middle] == pytest.approx(0.5)
    assert all(a >= b for a, b in pairwise(factors))


@pytest.mark.parametrize("start", [1.0, -0.1])
def test_a_fall_must_begin_within_the_run(start: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\); got"):
        linear_decay(start)


def test_a_recipe_keeps_the_rate_and_no_average_unless_it_says_so() -> None:
    recipe = Recipe(Game(), {}, batch=1, steps=1)
    assert recipe.schedule is constant
    assert recipe.ema == 0
    assert recipe.channels_last is False


def test_a_preset_without_domains_refuses_them_with_advice():
    one = DataSpec("image", "x", size=32, channels=3)
    spec = replace(one, name="x+y", domains={"x": one, "y": one})
    with pytest.raises(DataError, match="labelled:x"):
        PRESETS["gan"].build(spec)
    with pytest.raises(DataError, match="cyclegan is trained on data with 2 domains; x has none"):
        PRESETS["cyclegan"].build(one)

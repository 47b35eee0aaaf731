"""Kernel distance against its definition, and what it should see."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import kernel_distance, mmd2


def draw(seed: int, n: int, shift: float = 0.0) -> torch.Tensor:
    return Rng(seed).normal(n, 8).double() + shift


def test_it_is_the_sum_over_pairs() -> None:
    x, y = draw(0, 7), draw(1, 5, 0.3)

    def k(a: torch.Tensor, b: torch.Tensor) -> float:
        return float((a @ b / 8 + 1) ** 3)

    within = sum(k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j) / (7 * 6)
    within += sum(k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j) / (5 * 4)
    across = sum(k(a, b) for a in x for b in y) / 35
    assert mmd2(x, y, chunk=3) == pytest.approx(within - 2 * across)


def test_it_is_unbiased() -> None:
    """Of one distribution it is 0 on average, for small sets too."""
    found = [mmd2(draw(2 * i, 20), draw(2 * i + 1, 20)) for i in range(300)]
    values = torch.tensor(found)
    assert abs(float(values.mean())) < 3 * float(values.std()) / 300**0.5
    assert (values < 0).any()


def test_it_grows_with_the_shift() -> None:
    values = [mmd2(draw(0, 500), draw(1, 500, shift)) for shift in (0.0, 0.2, 0.5)]
    assert values[0] < 0.01 < values[1] < values[2]


def test_subsets() -> None:
    x, y = draw(0, 300), draw(1, 200, 0.3)
    found = kernel_distance(x, y, subsets=20, size=100)
    assert (found.subsets, found.size) == (20, 100)
    assert found.value == pytest.approx(mmd2(x, y), abs=2 * found.std / 20**0.5 + 0.02)
    assert found == kernel_distance(x, y, subsets=20, size=100)
    assert found != kernel_distance(x, y, subsets=20, size=100, seed=1)
    assert kernel_distance(x, y).size == 200


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="one or more subsets"):
        kernel_distance(draw(0, 5), draw(1, 5), subsets=0)
    with pytest.raises(ValueError, match="N >= 2"):
        mmd2(draw(0, 1), draw(1, 5))

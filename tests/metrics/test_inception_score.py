"""The class score on planted predictions."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.rng import Rng
from gansmith.metrics import inception_score, inception_score_parts


@pytest.mark.parametrize("classes", [2, 10])
def test_balanced_certain_classes_give_their_number(classes: int) -> None:
    certain = torch.eye(classes).repeat(7, 1)
    assert inception_score(certain) == pytest.approx(classes, abs=1e-9)


def test_one_class_or_no_certainty_gives_one() -> None:
    assert inception_score(torch.eye(10)[:1].repeat(50, 1)) == pytest.approx(1, abs=1e-9)
    assert inception_score(torch.full((50, 10), 0.1)) == pytest.approx(1, abs=1e-6)


def test_mean_of_divergences_then_exponential() -> None:
    p = Rng(0).normal(30, 5).double().softmax(1)
    marginal = p.mean(0)
    terms = [float((row * (row / marginal).log()).sum()) for row in p]
    expected = float(torch.tensor(terms, dtype=torch.float64).mean().exp())
    assert inception_score(p) == pytest.approx(expected, rel=1e-12)


def test_one_perfect_picture_per_class_deceives_it() -> None:
    assert inception_score(torch.eye(10)) == pytest.approx(10, abs=1e-9)


def test_logits_are_refused() -> None:
    with pytest.raises(ValueError, match="softmax"):
        inception_score(torch.tensor([[3.0, -1.0]]))
    with pytest.raises(ValueError, match="shape"):
        inception_score(torch.zeros(0, 3))


@pytest.mark.parametrize(("count", "parts"), [(12, 10), (20, 10), (29, 10), (10, 4)])
def test_the_published_parts_are_as_many_as_asked_for(count: int, parts: int) -> None:
    """The mean of the parts, each computed alone."""
    p = Rng(1).normal(count, 5).double().softmax(1)
    split = Rng(0).permutation(count).tensor_split(parts)
    scores = torch.tensor([inception_score(p[part]) for part in split], dtype=torch.float64)
    assert {len(part) for part in split} <= {count // parts, count // parts + 1}
    expected = (float(scores.mean()), float(scores.std(correction=0)))
    assert inception_score_parts(p, parts) == pytest.approx(expected, rel=1e-12)

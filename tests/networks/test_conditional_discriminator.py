"""Players that are asked: what each score depends on, and what it cannot see."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.data.condition import Condition
from gansmith.networks.conditional_discriminator import (
    ACDiscriminator,
    ConcatDiscriminator,
    ProjectionDiscriminator,
    TwoScoreDiscriminator,
    UnconditionalDiscriminator,
    dcgan_trunk,
)
from gansmith.networks.conditions import condition_encoder

CODE = 5
CLASSES = Condition("class", ("a", "b", "c"))
SIZES = [8, 16, 28, 30]


def pictures(size: int = 16) -> Tensor:
    return Rng(1).normal(6, 1, size, size)


def trunk(size: int = 16) -> tuple[nn.Module, int, int]:
    torch.manual_seed(0)
    return dcgan_trunk(1, size, 4, None)


LABEL = torch.tensor([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize("size", SIZES)
def test_a_trunk_ends_in_the_map_that_it_says(size: int) -> None:
    net, channels, side = trunk(size)
    assert net(pictures(size)).shape == (6, channels, side, side)


@pytest.mark.parametrize("size", SIZES)
def test_scores_are_one_logit_for_each_pair(size: int) -> None:
    net, channels, side = trunk(size)
    for D in (
        ConcatDiscriminator(net, channels, side, condition_encoder(CLASSES, CODE), CODE),
        ProjectionDiscriminator(net, channels, condition_encoder(CLASSES, channels)),
        UnconditionalDiscriminator(net, channels, side),
    ):
        x = pictures(size)
        scores = D(x, LABEL)
        assert scores.shape == (6,)
        torch.testing.assert_close(D.logits(D.features(x), LABEL), scores)
        told = not D(x, LABEL.roll(1)).equal(scores)
        assert told is not isinstance(D, UnconditionalDiscriminator)


def test_projection_is_the_formula_of_the_paper() -> None:
    net, channels, _ = trunk()
    D = ProjectionDiscriminator(net, channels, condition_encoder(CLASSES, channels))
    phi = net(pictures()).sum((2, 3))
    v = D.encoder.vectors.weight[LABEL]  # type: ignore[union-attr, index]
    wanted = phi @ D.last.weight[0] + D.last.bias + (v * phi).sum(1)
    torch.testing.assert_close(D(pictures(), LABEL), wanted)


def test_realism_is_not_told_the_condition() -> None:
    net, channels, side = trunk()
    D = TwoScoreDiscriminator(net, channels, side, condition_encoder(CLASSES, CODE), CODE)
    one, other = D(pictures(), LABEL), D(pictures(), LABEL.roll(1))
    assert one.real.equal(other.real)
    assert not one.match.equal(other.match)
    seen = D.features(pictures())
    torch.testing.assert_close(D.real_logits(seen), one.real)
    torch.testing.assert_close(D.logits(seen, LABEL), one.match)
    slope = torch.autograd.grad(
        one.real.sum(), list(D.match.encoder.parameters()), allow_unused=True
    )
    assert all(part is None for part in slope)


def test_a_classifying_d_has_a_logit_for_each_class() -> None:
    D = ACDiscriminator(*trunk(), 3)
    scores = D(pictures())
    assert (scores.real.shape, scores.match.shape) == ((6,), (6, 3))

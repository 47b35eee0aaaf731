"""Generators that are asked: what each listens to."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.data.condition import Condition
from gansmith.networks.conditional_generator import (
    CBNGenerator,
    ConcatGenerator,
    ConditionalBatchNorm,
    Regressor,
    StageTwoGenerator,
)
from gansmith.networks.conditions import condition_encoder

CODE = 5
CLASSES = Condition("class", ("a", "b", "c"))
LABEL = torch.tensor([0, 1, 2, 0, 1, 2])


def pictures(size: int) -> Tensor:
    return Rng(1).normal(6, 1, size, size)


def test_a_generator_listens_to_code_and_condition() -> None:
    G = CBNGenerator(condition_encoder(CLASSES, CODE), CODE, Latent(4), 1, 18, 4).eval()
    z = G.latent.sample(6, Rng(2))
    made = G(z, LABEL)
    assert (z.shape, made.shape) == ((6, 4), (6, 1, 18, 18))
    assert not G(z, LABEL.roll(1)).equal(made)
    assert not G(z.roll(1, 0), LABEL).equal(made)


def test_a_told_norm_scales_and_shifts_what_has_unit_spread() -> None:
    norm = ConditionalBatchNorm(3, CODE)
    x, code = 5 + 7 * Rng(3).normal(8, 3, 4, 4), Rng(4).normal(8, CODE)
    even = (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), correction=0, keepdim=True)
    scale, shift = (part(code)[:, :, None, None] for part in (norm.scale, norm.shift))
    torch.testing.assert_close(norm(x, code), (1 + scale) * even + shift, rtol=1e-4, atol=1e-4)


def test_a_joined_generator_has_code_and_condition_side_by_side() -> None:
    G = ConcatGenerator(condition_encoder(CLASSES, CODE), CODE, Latent(4), 1, 16, 4).eval()
    z = Rng(2).normal(6, 4)
    torch.testing.assert_close(G(z, LABEL), G.body(torch.cat([z, G.encoder(LABEL)], 1)))


def test_a_generator_of_means_does_not_listen_to_the_code() -> None:
    G = Regressor(condition_encoder(CLASSES, CODE), CODE, 1, 16, 4).eval()
    z = Rng(2).normal(6, 1)
    assert G(z, LABEL).equal(G(-z, LABEL))
    assert not G(z, LABEL.roll(1)).equal(G(z, LABEL))


def test_stage_two_doubles_the_side_and_listens_to_both() -> None:
    G = StageTwoGenerator(1, 8, condition_encoder(CLASSES, CODE), CODE).eval()
    x = pictures(8)
    made = G(x, LABEL)
    assert made.shape == (6, 1, 16, 16)
    assert float(made.detach().abs().max()) <= 1
    assert not G(x, LABEL.roll(1)).equal(made)
    assert not G(x.flip(3), LABEL).equal(made)
    flat = torch.full((1, 1, 8, 8), 0.3)
    torch.testing.assert_close(G.upsampled(flat), torch.full((1, 1, 16, 16), 0.3))

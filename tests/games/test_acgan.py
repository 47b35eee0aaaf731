"""ACGAN: D guesses the class of every picture, G wants its own guessed right."""

from __future__ import annotations

import torch
from asked_players import Guesser, Teller, lies, truths
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.acgan import ACGAN
from gansmith.losses.objectives import OBJECTIVES

LABEL = torch.tensor([0, 0, 1, 1, 2, 2])


def entropy(logits: Tensor) -> Tensor:
    """-log p of the right class, mean."""
    return -logits.softmax(1)[torch.arange(6), LABEL].log().mean()


def test_the_terms_by_hand() -> None:
    torch.manual_seed(0)
    game = ACGAN(Teller(), Guesser(), objective=OBJECTIVES["non-saturating"], guess=0.7)
    x = game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))
    fake = game.G(x.z, LABEL)
    D = game.D
    found = game.judge(x)
    assert set(found) == {"adv", "guess"}
    torch.testing.assert_close(found["adv"], truths(D(x.real).real) + lies(D(fake).real))
    torch.testing.assert_close(found["guess"], 0.7 * entropy(D(x.real).match))
    found = game.fool(x)
    torch.testing.assert_close(found["adv"], truths(D(fake).real))
    torch.testing.assert_close(found["guess"], 0.7 * entropy(D(fake).match))


def test_d_is_not_told_the_class() -> None:
    game = ACGAN(Teller(), Guesser(), objective=OBJECTIVES["non-saturating"])
    x = game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))
    before = game.judge(x)["adv"]
    game.G.vectors.weight.data[:] = game.G.vectors.weight.data[:1]  # all classes alike
    alike = game.judge(x)["adv"]
    x.label = LABEL.flip(0)
    torch.testing.assert_close(game.judge(x)["adv"], alike)
    assert not before.equal(alike)

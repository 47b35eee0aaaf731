"""ACGAN: the adversarial and the auxiliary classification terms."""

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
    game = ACGAN(Teller(), Guesser(), objective=OBJECTIVES["non-saturating"], aux_weight=0.7)
    x = game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))
    fake = game.G(x.z, LABEL)
    D = game.D
    found = game.d_loss(x)
    assert set(found) == {"adv", "aux"}
    torch.testing.assert_close(found["adv"], truths(D(x.real).real) + lies(D(fake).real))
    torch.testing.assert_close(found["aux"], 0.7 * entropy(D(x.real).match))
    found = game.g_loss(x)
    torch.testing.assert_close(found["adv"], truths(D(fake).real))
    torch.testing.assert_close(found["aux"], 0.7 * entropy(D(fake).match))


def test_d_is_not_conditioned_on_the_class() -> None:
    game = ACGAN(Teller(), Guesser(), objective=OBJECTIVES["non-saturating"])
    x = game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))
    before = game.d_loss(x)["adv"]
    game.G.vectors.weight.data[:] = game.G.vectors.weight.data[:1]  # all classes alike
    alike = game.d_loss(x)["adv"]
    x.label = LABEL.flip(0)
    torch.testing.assert_close(game.d_loss(x)["adv"], alike)
    assert not before.equal(alike)

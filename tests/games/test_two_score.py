"""Two scores: realism ignores the condition; the match has two kinds of negatives."""

from __future__ import annotations

import torch
from asked_players import Teller, TwoScores, lies, truths

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.two_score import TwoScoreGAN
from gansmith.losses.objectives import OBJECTIVES

LABEL = torch.tensor([0, 0, 1, 1, 2, 2])


def make(match: float = 1.5) -> tuple[TwoScoreGAN, Batch]:
    torch.manual_seed(0)
    game = TwoScoreGAN(
        Teller(), TwoScores(), objective=OBJECTIVES["non-saturating"], match_weight=match
    )
    return game, game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))


def test_the_terms_by_hand() -> None:
    game, x = make()
    fake = game.G(x.z, LABEL)
    D = game.D
    found = game.d_loss(x)
    assert set(found) == {"adv", "match"}
    torch.testing.assert_close(
        found["adv"], truths(D.real_logits(x.real)) + lies(D.real_logits(fake))
    )
    match, mismatch, fake_match = (
        D.logits(x.real, LABEL),
        D.logits(x.real, x.mismatched),
        D.logits(fake, LABEL),
    )
    torch.testing.assert_close(
        found["match"], 1.5 * (truths(match) + lies(mismatch) + lies(fake_match))
    )
    found = game.g_loss(x)
    torch.testing.assert_close(found["adv"], truths(D.real_logits(fake)))
    torch.testing.assert_close(found["match"], 1.5 * truths(D.logits(fake, LABEL)))


def test_mismatched_conditions_never_match() -> None:
    _, x = make()
    assert not (x.mismatched == LABEL).any()


def test_realism_ignores_the_condition() -> None:
    game, x = make()
    found = game.d_loss(x)
    told = [game.D.vectors.weight, game.D.w.weight]
    assert torch.autograd.grad(found["adv"], told, allow_unused=True) == (None, None)
    alone = torch.autograd.grad(found["match"], [game.D.r.weight], allow_unused=True)
    assert alone == (None,)


def test_without_the_match_g_has_no_reason_to_listen() -> None:
    game, x = make(match=0.0)
    with torch.no_grad():
        game.G.vectors.weight.zero_()
    sum(game.g_loss(x).values()).backward()  # type: ignore[union-attr]
    pull = game.G.vectors.weight.grad
    assert pull is not None
    directions = torch.nn.functional.normalize(pull)
    torch.testing.assert_close(directions, directions[:1].expand_as(directions))

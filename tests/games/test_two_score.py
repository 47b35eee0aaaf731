"""Two scores: realism is told nothing of the condition; the match has two kinds of lies."""

from __future__ import annotations

import torch
from asked_players import Teller, TwoScores, lies, truths

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.two_score import SplitConditional
from gansmith.losses.objectives import OBJECTIVES

LABEL = torch.tensor([0, 0, 1, 1, 2, 2])


def make(match: float = 1.5) -> tuple[SplitConditional, Batch]:
    torch.manual_seed(0)
    game = SplitConditional(
        Teller(), TwoScores(), objective=OBJECTIVES["non-saturating"], match=match
    )
    return game, game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))


def test_the_terms_by_hand() -> None:
    game, x = make()
    fake = game.G(x.z, LABEL)
    D = game.D
    found = game.judge(x)
    assert set(found) == {"realism", "match"}
    torch.testing.assert_close(found["realism"], truths(D.realism(x.real)) + lies(D.realism(fake)))
    right, wrong, made = D.score(x.real, LABEL), D.score(x.real, x.wrong), D.score(fake, LABEL)
    torch.testing.assert_close(found["match"], 1.5 * (2 * truths(right) + lies(wrong) + lies(made)))
    found = game.fool(x)
    torch.testing.assert_close(found["realism"], truths(D.realism(fake)))
    torch.testing.assert_close(found["match"], 1.5 * truths(D.score(fake, LABEL)))


def test_wrong_conditions_are_never_right() -> None:
    _, x = make()
    assert not (x.wrong == LABEL).any()


def test_realism_is_not_told_what_was_asked() -> None:
    game, x = make()
    found = game.judge(x)
    told = [game.D.vectors.weight, game.D.w.weight]
    assert torch.autograd.grad(found["realism"], told, allow_unused=True) == (None, None)
    alone = torch.autograd.grad(found["match"], [game.D.r.weight], allow_unused=True)
    assert alone == (None,)


def test_without_the_match_g_has_no_reason_to_listen() -> None:
    game, x = make(match=0.0)
    with torch.no_grad():
        game.G.vectors.weight.zero_()
    sum(game.fool(x).values()).backward()  # type: ignore[union-attr]
    pull = game.G.vectors.weight.grad
    assert pull is not None
    directions = torch.nn.functional.normalize(pull)
    torch.testing.assert_close(directions, directions[:1].expand_as(directions))

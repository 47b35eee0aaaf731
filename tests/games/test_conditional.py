"""The conditional game: its terms by hand, and wrong conditions that are never right."""

from __future__ import annotations

import pytest
import torch
from asked_players import Listener, Teller, lies, truths
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.conditional import Conditional, answered, others
from gansmith.losses.objectives import OBJECTIVES

LABEL = torch.tensor([0, 0, 1, 1, 2, 2])


def make(objective: str = "non-saturating", **weights: float) -> Conditional:
    torch.manual_seed(0)
    return Conditional(Teller(), Listener(), objective=OBJECTIVES[objective], **weights)


def batch(game: Conditional) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))


def test_the_plain_game_has_one_term_each() -> None:
    game = make()
    x = batch(game)
    fake = game.G(x.z, LABEL)
    right, made = game.D(x.real, LABEL), game.D(fake, LABEL)
    found = game.judge(x)
    assert set(found) == {"adv"}
    torch.testing.assert_close(found["adv"], truths(right) + lies(made))
    torch.testing.assert_close(game.fool(x)["adv"], truths(made))
    assert "wrong" not in x.fields()  # nothing is drawn that no term asks for


def test_both_kinds_of_wrong_pairs_are_lies_beside_the_truth() -> None:
    game = make(wrong=2.0, swapped=0.5)
    x = batch(game)
    fake = game.G(x.z, LABEL)
    found = game.judge(x)
    truth = truths(game.D(x.real, LABEL))
    torch.testing.assert_close(found["wrong"], 2.0 * (truth + lies(game.D(x.real, x.wrong))))
    torch.testing.assert_close(found["swapped"], 0.5 * (truth + lies(game.D(fake, x.wrong))))
    assert set(found) == {"adv", "wrong", "swapped"}
    assert set(game.fool(x)) == {"adv"}


def test_an_objective_that_compares_sees_real_pictures_in_g_s_loss_too() -> None:
    game = make("relativistic")
    x = batch(game)
    real, fake = game.D(x.real, LABEL), game.D(game.G(x.z, LABEL), LABEL)
    torch.testing.assert_close(game.fool(x)["adv"], truths(fake - real))


def test_any_field_may_hold_the_conditions() -> None:
    game = make(asked="given")
    x = game.draw(Batch(real=Rng(1).normal(6, 2), given=LABEL), Rng(2))
    assert x.c.equal(LABEL)


@pytest.mark.parametrize("seed", range(20))
def test_wrong_conditions_never_equal_the_right_ones(seed: int) -> None:
    classes = Rng(seed).integers(3, 40)
    vectors = Rng(seed, 1).integers(2, 40, 3).float()
    for given in (classes, vectors):
        rows = others(given, Rng(seed, 2))
        same = (given[rows] == given).reshape(40, -1).all(1)
        assert not same.any()


def test_wrong_conditions_are_drawn_evenly_from_all_that_differ() -> None:
    given = torch.tensor([0, 0, 1, 2])
    drawn = torch.stack([others(given, Rng(n)) for n in range(3000)])
    for row, allowed in enumerate([(2, 3), (2, 3), (0, 1, 3), (0, 1, 2)]):
        shares = [float((drawn[:, row] == k).float().mean()) for k in allowed]
        assert sum(shares) == pytest.approx(1)
        assert shares == pytest.approx([1 / len(allowed)] * len(allowed), abs=0.04)


def test_a_batch_of_one_condition_has_no_wrong_one_and_still_plays() -> None:
    game = make(wrong=1.0)
    x = game.draw(Batch(real=Rng(1).normal(4, 2), label=torch.zeros(4, dtype=torch.int64)), Rng(0))
    assert x.wrong.equal(x.label)
    assert game.judge(x)["wrong"].isfinite()


def test_a_game_of_g_and_d_learns_what_was_asked() -> None:
    """D's gradient tells G the way to the class that was asked for, and to no other."""
    game = make()
    with torch.no_grad():
        game.D.w.weight.zero_()
        game.D.vectors.weight.copy_(torch.tensor([[3.0, 0], [0, 3.0], [-3.0, 0]]))
        game.G.layer.weight.zero_()
        game.G.vectors.weight.zero_()
    sum(game.fool(batch(game)).values()).backward()  # type: ignore[union-attr]
    pull = -game.G.vectors.weight.grad  # type: ignore[operator]
    assert pull.argmax(1).tolist()[:2] == [0, 1]
    assert pull[2, 0] < 0
    assert pull[1, 0].abs() < 1e-6


def test_answers_in_pieces_are_the_answers() -> None:
    G = Teller()
    given = Rng(3).integers(3, 10)
    whole = G(G.latent.sample(10, Rng(4)), given)
    pieces: Tensor = answered(G, given, Rng(4), piece=3)
    torch.testing.assert_close(pieces, whole)

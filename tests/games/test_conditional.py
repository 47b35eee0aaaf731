"""The conditional GAN: its terms by hand, and mismatched conditions that never match."""

from __future__ import annotations

import pytest
import torch
from asked_players import Listener, Teller, lies, truths
from torch import Tensor

from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.games.conditional import ConditionalGAN, mismatched, sample_conditional
from gansmith.losses.objectives import OBJECTIVES

LABEL = torch.tensor([0, 0, 1, 1, 2, 2])


def make(objective: str = "non-saturating", **weights: float) -> ConditionalGAN:
    torch.manual_seed(0)
    return ConditionalGAN(Teller(), Listener(), objective=OBJECTIVES[objective], **weights)


def batch(game: ConditionalGAN) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(6, 2), label=LABEL), Rng(2))


def test_the_plain_game_has_one_term_each() -> None:
    game = make()
    x = batch(game)
    fake = game.G(x.z, LABEL)
    right, made = game.D(x.real, LABEL), game.D(fake, LABEL)
    found = game.d_loss(x)
    assert set(found) == {"adv"}
    torch.testing.assert_close(found["adv"], truths(right) + lies(made))
    torch.testing.assert_close(game.g_loss(x)["adv"], truths(made))
    assert "mismatched" not in x.fields()  # nothing is drawn that no term asks for


def test_both_kinds_of_mismatched_pairs_are_negatives() -> None:
    game = make(mismatch_weight=2.0, fake_mismatch_weight=0.5, real_weight=3.0)
    x = batch(game)
    fake = game.G(x.z, LABEL)
    found = game.d_loss(x)
    truth = truths(game.D(x.real, LABEL))
    torch.testing.assert_close(found["adv"], 3.0 * truth + lies(game.D(fake, LABEL)))
    torch.testing.assert_close(found["mismatch"], 2.0 * lies(game.D(x.real, x.mismatched)))
    torch.testing.assert_close(found["fake_mismatch"], 0.5 * lies(game.D(fake, x.mismatched)))
    assert set(found) == {"adv", "mismatch", "fake_mismatch"}
    assert set(game.g_loss(x)) == {"adv"}


def test_weights_of_one_count_each_kind_of_pair_once() -> None:
    """The real term is not counted again for every kind of negative."""
    game = make(mismatch_weight=1.0, fake_mismatch_weight=1.0)
    x = batch(game)
    fake = game.G(x.z, LABEL)
    pairs = ((x.real, x.mismatched), (fake, LABEL), (fake, x.mismatched))
    whole = truths(game.D(x.real, LABEL)) + sum(lies(game.D(image, c)) for image, c in pairs)
    torch.testing.assert_close(sum(game.d_loss(x).values()), whole)


def test_an_objective_that_compares_pairs_takes_no_further_negatives() -> None:
    game = make("relativistic", mismatch_weight=1.0)
    with pytest.raises(ValueError, match="Relativistic compares real and fake logits in pairs"):
        game.d_loss(batch(game))


def test_an_objective_that_compares_sees_real_pictures_in_g_s_loss_too() -> None:
    game = make("relativistic")
    x = batch(game)
    real, fake = game.D(x.real, LABEL), game.D(game.G(x.z, LABEL), LABEL)
    torch.testing.assert_close(game.g_loss(x)["adv"], truths(fake - real))


def test_any_field_may_hold_the_conditions() -> None:
    game = make(condition_field="condition")
    x = game.draw(Batch(real=Rng(1).normal(6, 2), condition=LABEL), Rng(2))
    assert x.c.equal(LABEL)


@pytest.mark.parametrize("seed", range(20))
def test_mismatched_conditions_never_equal_the_right_ones(seed: int) -> None:
    classes = Rng(seed).integers(3, 40)
    vectors = Rng(seed, 1).integers(2, 40, 3).float()
    for given in (classes, vectors):
        rows = mismatched(given, Rng(seed, 2))
        same = (given[rows] == given).reshape(40, -1).all(1)
        assert not same.any()


def test_mismatched_conditions_are_drawn_uniformly_from_all_that_differ() -> None:
    given = torch.tensor([0, 0, 1, 2])
    drawn = torch.stack([mismatched(given, Rng(n)) for n in range(3000)])
    for row, allowed in enumerate([(2, 3), (2, 3), (0, 1, 3), (0, 1, 2)]):
        shares = [float((drawn[:, row] == k).float().mean()) for k in allowed]
        assert sum(shares) == pytest.approx(1)
        assert shares == pytest.approx([1 / len(allowed)] * len(allowed), abs=0.04)


def test_a_batch_of_one_condition_has_no_mismatched_one() -> None:
    game = make(mismatch_weight=1.0)
    x = game.draw(Batch(real=Rng(1).normal(4, 2), label=torch.zeros(4, dtype=torch.int64)), Rng(0))
    assert x.mismatched.equal(x.label)
    assert game.d_loss(x)["mismatch"].isfinite()


def test_g_learns_the_class_it_is_conditioned_on() -> None:
    """D's gradient moves G towards the class of the condition, and to no other."""
    game = make()
    with torch.no_grad():
        game.D.w.weight.zero_()
        game.D.vectors.weight.copy_(torch.tensor([[3.0, 0], [0, 3.0], [-3.0, 0]]))
        game.G.layer.weight.zero_()
        game.G.vectors.weight.zero_()
    sum(game.g_loss(batch(game)).values()).backward()  # type: ignore[union-attr]
    pull = -game.G.vectors.weight.grad  # type: ignore[operator]
    assert pull.argmax(1).tolist()[:2] == [0, 1]
    assert pull[2, 0] < 0
    assert pull[1, 0].abs() < 1e-6


def test_sampling_in_pieces_changes_nothing() -> None:
    G = Teller()
    given = Rng(3).integers(3, 10)
    whole = G(G.latent.sample(10, Rng(4)), given)
    pieces: Tensor = sample_conditional(G, given, Rng(4), piece=3)
    torch.testing.assert_close(pieces, whole)

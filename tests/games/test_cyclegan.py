from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.protocols import Translates
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.games.cyclegan import CycleGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import ImagePool
from gansmith.presets import PRESETS

SHAPE = (2, 4, 4)


def make(**options: float) -> CycleGAN:
    torch.manual_seed(0)
    generators = [nn.Conv2d(2, 2, 3, padding=1) for _ in range(2)]
    discriminators = [nn.Conv2d(2, 1, 3) for _ in range(2)]
    return CycleGAN(
        *generators,
        *discriminators,
        objective=OBJECTIVES["least-squares"],
        pool_a=ImagePool(8, SHAPE),
        pool_b=ImagePool(8, SHAPE),
        **options,
    )


def batch(game: CycleGAN, n: int = 4) -> Batch:
    return game.draw(Batch(a=Rng(1).normal(n, *SHAPE), b=Rng(2).normal(n, *SHAPE)), Rng(3))


def test_generators_move_first_and_discriminators_reuse_their_fakes() -> None:
    g, d = make().phases()
    assert (g.name, g.movers) == ("G", ["Gab", "Gba"])
    assert (d.name, d.movers) == ("D", ["Da", "Db"])
    assert d.reuse
    assert make().averaged == ("Gab", "Gba")


def test_the_generators_terms_are_those_of_the_paper() -> None:
    game = make(adv_weight=2.0, cycle_weight=7.0)
    x = batch(game)
    b, a = game.Gab(x.a), game.Gba(x.b)
    terms = game.g_loss(x)
    assert set(terms) == {"adv_a", "adv_b", "cycle_a", "cycle_b"}
    torch.testing.assert_close(terms["adv_a"], (game.Da(a) - 1).square().mean())
    torch.testing.assert_close(terms["adv_b"], (game.Db(b) - 1).square().mean())
    torch.testing.assert_close(terms["cycle_a"], 7 * (game.Gba(b) - x.a).abs().mean())
    torch.testing.assert_close(terms["cycle_b"], 7 * (game.Gab(a) - x.b).abs().mean())


def test_the_identity_term_is_there_when_it_has_a_weight() -> None:
    game = make(identity_weight=3.0)
    x = batch(game)
    same = F.l1_loss(game.Gab(x.b), x.b) + F.l1_loss(game.Gba(x.a), x.a)
    torch.testing.assert_close(game.g_loss(x)["identity"], 3 * same)


def test_discriminators_see_the_real_of_their_domain_and_the_fakes_kept_for_it() -> None:
    game = make()
    x = batch(game)
    game.g_loss(x)
    assert not x.fake_a.requires_grad
    torch.testing.assert_close(x.fake_a, game.Gba(x.b).detach())
    torch.testing.assert_close(x.fake_b, game.Gab(x.a).detach())
    d = game.objective.d
    expected = dict(
        adv_a=0.5 * d(game.Da(x.a), game.Da(x.fake_a)),
        adv_b=0.5 * d(game.Db(x.b), game.Db(x.fake_b)),
    )
    torch.testing.assert_close(game.d_loss(x), expected)  # an empty pool gives back what comes


def test_the_discriminators_loss_is_halved_as_in_the_paper() -> None:
    game = make(adv_weight=2.0)
    x = batch(game)
    game.g_loss(x)
    squares = (game.Da(x.a) - 1).square().mean() + game.Da(x.fake_a).square().mean()
    torch.testing.assert_close(game.d_loss(x)["adv_a"], squares / 2)
    assert game.d_weight == 1.0


def test_the_preset_has_the_weights_of_the_paper() -> None:
    preset, spec = PRESETS["cyclegan"], open_data("emoji:noto+twemoji").spec
    for keywords, cycle, identity in (
        ({}, 20.0, 10.0),
        ({"cycle_weight": 5.0}, 5.0, 10.0),
        (preset.paper | dict(width=4, blocks=1, d_width=4, d_layers=1), 10.0, 0.0),
    ):
        game = preset.build(spec, **keywords).game
        assert isinstance(game, CycleGAN)
        assert (game.adv_weight, game.cycle_weight, game.identity_weight) == (2.0, cycle, identity)


def test_the_pools_fill_with_the_fakes_of_their_own_domain() -> None:
    game = make()
    x = batch(game)
    game.g_loss(x)
    game.d_loss(x)
    assert int(game.pool_a.filled) == int(game.pool_b.filled) == 4
    torch.testing.assert_close(game.pool_a.images[:4], x.fake_a)
    torch.testing.assert_close(game.pool_b.images[:4], x.fake_b)


def test_a_full_pool_shows_older_fakes() -> None:
    game = make()
    first = batch(game, 8)
    game.g_loss(first)
    game.d_loss(first)
    x = game.draw(Batch(a=Rng(4).normal(8, *SHAPE), b=Rng(5).normal(8, *SHAPE)), Rng(6))
    game.g_loss(x)
    fresh = 0.5 * game.objective.d(game.Da(x.a), game.Da(x.fake_a))
    assert (x.swap_a[:, 0] < 0.5).any()
    assert not torch.isclose(game.d_loss(x)["adv_a"], fresh)


def test_discriminators_give_no_gradient_to_generators() -> None:
    game = make()
    x = batch(game)
    game.g_loss(x)
    sum(game.d_loss(x).values(), torch.zeros(())).backward()
    assert all(p.grad is None for p in [*game.Gab.parameters(), *game.Gba.parameters()])
    assert all(p.grad is not None for p in [*game.Da.parameters(), *game.Db.parameters()])


def test_the_draws_of_both_pools_are_apart() -> None:
    x = batch(make())
    assert x.swap_a.shape == x.swap_b.shape == (4, 2)
    assert not x.swap_a.equal(x.swap_b)


def test_it_translates_both_ways_and_refuses_others() -> None:
    game = make()
    assert isinstance(game, Translates)
    x: Tensor = batch(game).a
    torch.testing.assert_close(game.translate(x, "a", "b"), game.Gab(x))
    torch.testing.assert_close(game.translate(x, "b", "a"), game.Gba(x))
    for source, target in (("a", "c"), ("a", "a"), ("c", "b")):
        with pytest.raises(ValueError, match=f"between 'a' and 'b'; got '{source}' to '{target}'"):
            game.translate(x, source, target)

from __future__ import annotations

import torch

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.gan import GAN
from gansmith.games.history import HistoryGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.networks.image_pool import ImagePool


def make(size: int) -> HistoryGAN:
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(3), 2, 8, 1), MLPCritic(2, 8, 1)
    return HistoryGAN(G, D, objective=OBJECTIVES["non-saturating"], pool=ImagePool(size, (2,)))


def batch(game: HistoryGAN, key: int, n: int = 64) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(n, 2)), Rng(2, key))


def test_d_sees_half_of_what_an_earlier_g_made() -> None:
    game = make(64)
    first = batch(game, 0)
    game.d_loss(first)  # fills the pool
    old = game.decode(first.z).detach()
    with torch.no_grad():
        for parameter in game.get_submodule("G").parameters():
            parameter.add_(1.0)
    x = batch(game, 1)
    fresh = game.decode(x.z).detach()
    pool = ImagePool(64, (2,))
    pool.load_state_dict(game.pool.state_dict())
    seen = pool(fresh, x.swap)
    terms = game.d_loss(x)
    expected = game.objective.d(game.D(x.real), game.D(seen))
    torch.testing.assert_close(terms["adv"], expected)
    past = (seen[:, None] == old[None]).all(2).any(1)
    now = (seen[:, None] == fresh[None]).all(2).any(1)
    assert 20 <= int(past.sum()) <= 44
    assert bool((past | now).all())


def test_g_is_judged_on_fresh_fakes_alone() -> None:
    game = make(64)
    game.d_loss(batch(game, 0))
    x = batch(game, 1)
    torch.testing.assert_close(
        game.g_loss(x)["adv"], game.objective.g(None, game.D(game.decode(x.z)))
    )


def test_each_old_fake_that_is_shown_makes_room_for_a_fresh_one() -> None:
    game = make(64)
    for key in range(3):
        before = game.pool.images.clone()
        kept = int(game.pool.filled)
        x = batch(game, key)
        game.d_loss(x)
        renewed = int((game.pool.images != before).any(1).sum())
        fresh = game.decode(x.z)
        now = (game.pool.images[:, None] == fresh[None]).all(2).any(1)
        assert int(now.sum()) == renewed
        assert renewed == 64 if not kept else 10 < renewed < 40
    game.g_loss(batch(game, 3))
    assert (game.pool.images[:, None] == game.decode(batch(game, 3).z)[None]).all(2).sum() == 0


def test_with_an_empty_pool_it_is_the_game_of_two() -> None:
    for size, same in ((0, True), (64, False)):
        game = make(size)
        game.d_loss(batch(game, 0))
        x = batch(game, 1)
        plain = GAN(game.G, game.D, objective=game.objective)
        assert game.d_loss(x)["adv"].equal(plain.d_loss(x)["adv"]) is same


def test_the_pool_is_state_and_what_is_swapped_is_drawn() -> None:
    game = make(8)
    assert {"pool.images", "pool.filled"} <= set(game.state_dict())
    assert batch(game, 0, 5).swap.shape == (5, 2)
    assert not game.batch_coupled

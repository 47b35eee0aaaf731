"""StackGAN: two stages, who moves in which, and going on from either of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from asked_players import lies, truths
from torch import Tensor

from gansmith.api import train
from gansmith.core.game import Batch
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import Dataset, open_data, open_source
from gansmith.games.stackgan import StackGAN
from gansmith.presets import PRESETS
from gansmith.runs.run import Run

SMALL = dict(width=4, latent=4, embed_dim=5, batch=8)


@cache
def digits() -> Dataset:
    """Digits at 16x16, which leaves 8x8 for stage I."""
    return open_data("digits", size=16)


def make(small_steps: int = 2) -> tuple[StackGAN, Trainer]:
    torch.manual_seed(0)
    recipe = PRESETS["stackgan"].build(digits().spec, small_steps=small_steps, **SMALL)
    trainer = Trainer(
        recipe.game, open_source(digits(), 8, 0), optim=recipe.optim, steps=4, ema=0.9
    )
    assert isinstance(recipe.game, StackGAN)
    return recipe.game, trainer


def batch(game: StackGAN) -> Batch:
    x = Batch(**open_source(digits(), 8, 0).at(0))
    return game.draw(x, Rng(2)).to(torch.device("cpu"), torch.contiguous_format)


def weights(game: StackGAN) -> dict[str, Tensor]:
    return {
        name: torch.cat([p.detach().flatten() for p in player.parameters()])
        for name, player in game.players().items()
    }


def test_the_terms_by_hand() -> None:
    game, _ = make()
    game.eval()
    x = batch(game)
    assert not (x.mismatched == x.label).any()
    small = game.G1(x.z, x.label)
    large = game.G2(small, x.label)
    assert (small.shape[2:], large.shape[2:]) == ((8, 8), (16, 16))
    real = F.avg_pool2d(x.real, 2)
    for d_loss, g_loss, D, true, fake in (
        (game.d1_loss, game.g1_loss, game.D1, real, small),
        (game.d2_loss, game.g2_loss, game.D2, x.real, large),
    ):
        truth = truths(D(true, x.label))
        found = d_loss(x)
        torch.testing.assert_close(found["adv"], 2 * truth + lies(D(fake, x.label)))
        torch.testing.assert_close(found["mismatch"], lies(D(true, x.mismatched)))
        torch.testing.assert_close(g_loss(x)["adv"], truths(D(fake, x.label)))


def test_each_stage_moves_its_own_players_only() -> None:
    game, trainer = make()
    before = weights(game)
    trainer.fit(2)
    between = weights(game)
    trainer.fit(4)
    after = weights(game)
    moved = [
        {n for n in before if not a[n].equal(b[n])}
        for a, b in ((before, between), (between, after))
    ]
    assert moved == [{"G1", "D1"}, {"G2", "D2"}]


def test_answers_are_small_ones_enlarged_until_stage_two_begins() -> None:
    game, trainer = make()
    given = torch.arange(5)

    def answers() -> tuple[Tensor, Tensor, Tensor]:
        game.eval()
        small = game.G1(game.G1.latent.sample(5, Rng(1)), given)
        enlarged = F.interpolate(small, scale_factor=2, mode="bilinear")
        found = game.generate(given, Rng(1)), enlarged, game.G2(small, given)
        game.train()
        return found

    trainer.fit(2)
    found, enlarged, _ = answers()
    torch.testing.assert_close(found, enlarged)
    trainer.fit(3)
    found, _, large = answers()
    torch.testing.assert_close(found, large)


def test_stage_two_is_used_with_the_small_pictures_that_it_learnt_from() -> None:
    game, trainer = make()
    trainer.fit(4)
    raw = weights(game)
    with trainer.ema.applied(game):
        used = weights(game)
    assert used["G1"].equal(raw["G1"])
    assert not used["G2"].equal(raw["G2"])


def run(folder: Path, steps: int, small_steps: int, begin_from: Path | None = None) -> StackGAN:
    options = dict(data="digits", size=16, small_steps=small_steps, steps=steps, out=folder)
    played = train("stackgan", begin_from=begin_from, **options, **SMALL)  # type: ignore[arg-type]
    return chosen(played, "latest")


def chosen(played: Run, which: str) -> StackGAN:
    game = played.choose(which).game
    assert isinstance(game, StackGAN)
    return game


def test_a_run_that_ended_in_stage_one_goes_on_into_stage_two(tmp_path: Path) -> None:
    first = run(tmp_path / "a", 2, 2)
    assert not first.second_stage
    more = chosen(Run.open(tmp_path / "a").resume(steps=4), "latest")
    assert more.second_stage
    assert not first.G2.last.weight.equal(more.G2.last.weight)
    unbroken = run(tmp_path / "b", 4, 2).state_dict()
    assert all(value.equal(unbroken[key]) for key, value in more.state_dict().items())


def test_stage_two_begins_at_once_from_the_players_of_another_run(tmp_path: Path) -> None:
    run(tmp_path / "a", 3, 3)
    first = chosen(Run.open(tmp_path / "a"), "best")
    second = run(tmp_path / "b", 2, 0, begin_from=tmp_path / "a")
    assert second.second_stage
    for name in ("G1", "D1"):
        old, new = (dict(getattr(game, name).named_parameters()) for game in (first, second))
        assert all(old[key].equal(new[key]) for key in old), name
    assert not first.G2.last.weight.equal(second.G2.last.weight)

"""pix2pix: its terms by hand, halved for D, and who is held near the true answer."""

from __future__ import annotations

import pytest
import torch
from asked_players import lies, truths
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.data.transforms.degrade import degrade
from gansmith.games.pix2pix import Pix2Pix
from gansmith.losses.objectives import OBJECTIVES
from gansmith.presets import PRESETS


class Painter(nn.Module):
    """G(z, c): a convolution of what is given, plus a shift by the noise."""

    def __init__(self) -> None:
        super().__init__()
        self.latent = Latent(3)
        self.layer, self.shift = nn.Conv2d(1, 3, 3, padding=1), nn.Linear(3, 3)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        return self.layer(c) + self.shift(z)[:, :, None, None]


class Pairs(nn.Module):
    """D: a map of logits of pictures and what is given."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(4, 1, 3)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        return self.layer(torch.cat([x, c], 1))


def make(objective: str = "non-saturating", **options: object) -> tuple[Pix2Pix, Batch]:
    torch.manual_seed(0)
    game = Pix2Pix(Painter(), Pairs(), objective=OBJECTIVES[objective], **options)  # type: ignore[arg-type]
    x = Batch(real=Rng(1).normal(4, 3, 8, 8), condition=Rng(2).normal(4, 1, 8, 8))
    return game, game.draw(x, Rng(3))


def test_g_s_terms_by_hand() -> None:
    def squared(made: Tensor, meant: Tensor) -> Tensor:
        return (made - meant).square().mean()

    game, x = make(l1_weight=10.0, perceptual_weight=3.0, perceptual=squared)
    fake = game.G(x.z, x.condition)
    found = game.g_loss(x)
    assert set(found) == {"adv", "l1", "perceptual"}
    torch.testing.assert_close(found["adv"], truths(game.D(fake, x.condition)))
    torch.testing.assert_close(found["l1"], 10 * (fake - x.real).abs().mean())
    torch.testing.assert_close(found["perceptual"], 3 * (fake - x.real).square().mean())
    assert set(make()[0].g_loss(x)) == {"adv", "l1"}


def test_d_s_term_is_halved_and_made_of_the_answer_that_g_gave() -> None:
    game, x = make()
    fake = game.G(x.z, x.condition)
    game.g_loss(x)
    with torch.no_grad():
        game.G.layer.weight.zero_()  # G moves on meanwhile
    wanted = 0.5 * (truths(game.D(x.real, x.condition)) + lies(game.D(fake, x.condition)))
    torch.testing.assert_close(game.d_loss(x)["adv"], wanted)


def test_an_objective_that_compares_sees_the_true_pair_in_g_s_loss() -> None:
    game, x = make("relativistic")
    real, fake = game.D(x.real, x.condition), game.D(game.G(x.z, x.condition), x.condition)
    torch.testing.assert_close(game.g_loss(x)["adv"], truths(fake - real))


def test_an_answer_at_another_size_is_of_that_size() -> None:
    game, _ = make()
    assert game.generate(Rng(5).normal(2, 1, 20, 12), Rng(0)).shape == (2, 3, 20, 12)


@pytest.mark.parametrize("blind", [False, True])
def test_a_d_that_sees_what_is_given_tells_answers_that_do_not_belong(blind: bool) -> None:
    """Answers are true pictures in another order: only beside what is given are they lies."""
    dataset = degrade("blur", open_data("digits"))
    torch.manual_seed(0)
    game = PRESETS["pix2pix"].build(dataset.spec, width=16, patch_size=0).game
    assert isinstance(game, Pix2Pix)
    source = open_source(dataset, 64, 0)
    optimizer = adam(2e-3, 0.5)(game.D.parameters())
    found = []
    for step in range(100):
        x = Batch(**source.at(step)).to(torch.device("cpu"), torch.contiguous_format)
        x.condition, x.fake = x.condition * (not blind), x.real.roll(1, 0)
        optimizer.zero_grad()
        loss = game.d_loss(x)["adv"]
        loss.backward()
        optimizer.step()
        found.append(float(loss.detach()))
    late = sum(found[-10:]) / 10
    assert late > 0.69 if blind else late < 0.5  # log 2 is chance


def test_the_trainer_hands_the_answer_from_g_to_d() -> None:
    dataset = degrade("edges", open_data("digits"))
    recipe = PRESETS["pix2pix"].build(dataset.spec, width=4, patch_size=7)
    trainer = Trainer(recipe.game, open_source(dataset, 8, 0), optim=recipe.optim, steps=2)
    terms = trainer.train_step()
    assert {"G/adv", "G/l1", "D/adv"} <= set(terms)

from __future__ import annotations

import copy

import torch

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data.source import Source
from gansmith.games.shared_fakes import SharedFakesGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.networks.augment import DiffAugment
from gansmith.networks.dcgan import DCGANDiscriminator, DCGANGenerator


def make() -> SharedFakesGAN:
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(3), 2, 8, 1), MLPCritic(2, 8, 1)
    return SharedFakesGAN(G, D, objective=OBJECTIVES["non-saturating"])


def test_g_moves_first_and_d_reuses_its_batch() -> None:
    g, d = make().phases()
    assert (g.moves, g.reuse) == ("G", False)
    assert (d.moves, d.repeat, d.reuse) == ("D", 1, True)


def test_d_is_shown_the_fakes_that_g_made_before_its_move() -> None:
    game = make()
    x = game.draw(Batch(real=Rng(1).normal(6, 2)), Rng(2))
    before = game.decode(x.z).detach()
    game.g_loss(x)
    with torch.no_grad():
        for parameter in game.get_submodule("G").parameters():
            parameter.add_(1.0)
    expected = game.objective.d(game.D(x.real), game.D(before))
    torch.testing.assert_close(game.d_loss(x)["adv"], expected, rtol=0, atol=0)
    assert not x.fake.requires_grad
    assert not game.decode(x.z).equal(before)  # G has moved since


def test_a_step_of_the_trainer_passes_g_once() -> None:
    game = make()
    passes = []
    game.get_submodule("G").register_forward_hook(lambda *_: passes.append(1))
    trainer = Trainer(game, Source({"real": Rng(3).normal(32, 2)}, 8, 0), micro=2)
    before = copy.deepcopy(game.state_dict())
    for _ in range(3):
        trainer.train_step()
    assert len(passes) == 6  # of each micro-batch, once
    assert trainer.draws == 3
    assert all(not v.equal(before[k]) for k, v in game.state_dict().items())


def test_the_cached_fakes_are_augmented_alike() -> None:
    torch.manual_seed(0)
    game = SharedFakesGAN(
        DCGANGenerator(Latent(3), 1, 8, 4),
        DCGANDiscriminator(1, 8, 4, None),
        objective=OBJECTIVES["non-saturating"],
        augment=DiffAugment("translation"),
    )
    x = game.draw(Batch(real=Rng(1).uniform(4, 1, 8, 8)), Rng(2))
    game.g_loss(x)
    seen = game.augment(x.fake, x.augment_noise)
    assert not seen.equal(x.fake)
    expected = game.objective.d(game.D(game.augment(x.real, x.augment_noise)), game.D(seen))
    torch.testing.assert_close(game.d_loss(x)["adv"], expected)

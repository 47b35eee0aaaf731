from __future__ import annotations

import math
from collections.abc import Callable

import torch

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.protocols import HasDecoder, Samples
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.ot_gan import OTGAN
from gansmith.losses.sinkhorn import MinibatchEnergy
from gansmith.metrics import energy_distance
from gansmith.networks import MLPCritic, MLPGenerator


def make(g_steps: int = 3, seed: int = 0) -> OTGAN:
    torch.manual_seed(seed)
    V = MLPCritic(2, 32, 2, head=lambda width, side: [torch.nn.Linear(width, 16)])
    return OTGAN(
        MLPGenerator(Latent(3), 2, 32, 2), V, energy=MinibatchEnergy(0.1, 20), g_steps=g_steps
    )


def batch(game: OTGAN, n: int = 8) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(n, 2)), Rng(2))


def test_g_moves_more_often_than_v() -> None:
    g, v = make(4).phases()
    assert (g.moves, g.repeat) == ("G", 4)
    assert (v.moves, v.repeat) == ("V", 1)
    assert not v.reuse


def test_both_play_for_the_same_distance() -> None:
    game = make().requires_grad_(False)
    x = batch(game)
    expected = game.energy(game.V(x.real), game.V(game.G(x.z)))
    assert float(game.g_loss(x)["distance"]) == float(expected)
    assert float(game.v_loss(x)["distance"]) == -float(expected)
    assert game.batch_coupled


def test_only_directions_of_the_embedding_count() -> None:
    game = make()
    x = batch(game)
    before = game.g_loss(x)["distance"]
    game.V.register_forward_hook(lambda module, inputs, output: 7 * output)
    torch.testing.assert_close(game.g_loss(x)["distance"], before)


def test_samples_are_decoded_codes() -> None:
    game = make()
    assert isinstance(game, Samples)
    assert isinstance(game, HasDecoder)
    assert game.decode(game.latent.sample(5, Rng(7))).equal(game.sample(5, Rng(7)))
    assert set(game.exports()) == {"G"}


def test_g_alone_comes_near_the_data(seed: int, within: Callable[..., None]) -> None:
    """150 steps on the ring, V as it began: a fixed embedding is enough to begin with."""
    data, game = open_data("ring"), make(seed=seed)
    source = open_source(data, 32, seed)
    rates = {"G": adam(1e-3, 0.5), "V": adam(0.0)}
    trainer = Trainer(game, source, optim=rates, steps=150, ema=0.95, seed=seed)

    def distance() -> float:
        return energy_distance(game.sample(1000, Rng(1)), data.held_out["real"][:1000])

    before = distance()
    trainer.fit()
    with trainer.ema.applied(game):
        within({"of the distance": distance() / before}, {"of the distance": (0, 0.2)})


def test_v_alone_takes_the_distributions_apart(seed: int, within: Callable[..., None]) -> None:
    """The distance of 20 fresh batches of 32, after 40 moves of V against a fixed G."""
    data, game = open_data("ring"), make(seed=seed)
    source = open_source(data, 32, seed)
    trainer = Trainer(game, source, optim=dict.fromkeys("GV", adam(1e-3, 0.5)), seed=seed)

    def distance() -> float:
        x = game.draw(Batch(real=data.held_out["real"][:640]), Rng(9))
        return sum(float(game.g_loss(piece)["distance"]) for piece in x.split(20)) / 20

    before = distance()
    for _ in range(40):
        phase = game.phases()[1]
        trainer.move(phase, trainer.draw(phase))
    assert before > 0
    within({"times as far": distance() / before}, {"times as far": (1.5, math.inf)})

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.latent import JointLatent, Latent
from gansmith.core.protocols import HasDecoder, Samples, Translates
from gansmith.core.rng import Rng
from gansmith.games.gan import GAN, in_pieces
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.penalties import InterpolatedGP


def make(objective: str = "wasserstein", **options: object) -> GAN:
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(3), 2, 8, 1), MLPCritic(2, 8, 1)
    return GAN(G, D, objective=OBJECTIVES[objective], **options)  # type: ignore[arg-type]


def batch(game: GAN, n: int = 6) -> Batch:
    return game.draw(Batch(real=Rng(1).normal(n, 2)), Rng(2))


def test_d_moves_first_and_as_often_as_asked() -> None:
    d, g = make(d_steps=4).phases()
    assert (d.moves, d.name, d.repeat) == ("D", "D", 4)
    assert (g.moves, g.name, g.repeat) == ("G", "G", 1)
    assert not d.reuse
    assert not g.reuse


def test_all_that_is_random_is_drawn_beforehand() -> None:
    game = make(penalty=InterpolatedGP())
    x = batch(game)
    assert x.z.equal(Rng(2).normal(6, 3))
    assert x.penalty_noise.shape == (6, 1)
    torch.manual_seed(1)
    first = {**game.d_loss(x), **game.g_loss(x)}
    torch.manual_seed(2)
    second = {**game.d_loss(x), **game.g_loss(x)}
    assert all(first[name].equal(second[name]) for name in first)


def test_wasserstein_terms_are_those_of_the_paper() -> None:
    game = make(penalty=InterpolatedGP(10.0))
    x = batch(game)
    fake = game.G(x.z)
    terms = game.d_loss(x)
    torch.testing.assert_close(terms["adv"], game.D(fake).mean() - game.D(x.real).mean())
    point = (x.penalty_noise * x.real + (1 - x.penalty_noise) * fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(game.D(point).sum(), point)
    torch.testing.assert_close(terms["penalty"], 10 * (gradient.norm(dim=1) - 1).square().mean())
    torch.testing.assert_close(game.g_loss(x)["adv"], -game.D(fake).mean())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_each_player_pulls_the_scores_its_own_way(objective: str) -> None:
    """A small step of D raises real above fake; one of G raises the fakes against the real."""
    game = make(objective)
    x = batch(game, 64)

    def gap(players: GAN) -> float:
        return (players.D(x.real).mean() - players.D(players.G(x.z)).mean()).item()

    for moved, loss in (("D", "d_loss"), ("G", "g_loss")):
        after = copy.deepcopy(game)
        player = getattr(after, moved)
        torch.stack(list(getattr(after, loss)(x).values())).sum().backward()
        with torch.no_grad():
            for p in player.parameters():
                if p.grad is not None:
                    p -= 1e-3 * p.grad
        assert (gap(after) > gap(game)) == (moved == "D")
        assert gap(after) != gap(game)


def test_d_sees_real_in_gs_phase_only_when_the_objective_asks() -> None:
    for name, objective in OBJECTIVES.items():
        game = make(name)
        x = batch(game)
        seen: list[Tensor] = []
        game.D.register_forward_hook(
            lambda module, inputs, output, seen=seen: seen.append(inputs[0])
        )
        game.g_loss(x)
        assert any(value.equal(x.real) for value in seen) is objective.needs_real


class Shift:
    """An augmentation that adds its random number."""

    batch_coupled = False

    def draw(self, x: Tensor, rng: Rng) -> Tensor:
        return rng.uniform(len(x), 1)

    def __call__(self, x: Tensor, u: Tensor) -> Tensor:
        return x + u


def test_real_and_fake_are_augmented_alike_in_both_phases() -> None:
    game = (
        make("relativistic", augment=Shift())
        if "relativistic" in OBJECTIVES
        else make(augment=Shift())
    )
    x = batch(game)
    seen: list[Tensor] = []
    game.D.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    game.d_loss(x)
    fake = game.G(x.z)
    assert seen[0].equal(x.real + x.augment_noise)
    assert seen[1].equal(fake + x.augment_noise)
    seen.clear()
    game.g_loss(x)
    assert len(seen) == 2
    assert all(any(s.equal(y + x.augment_noise) for y in (fake, x.real)) for s in seen)
    assert game.sample(4, Rng(1)).equal(game.G(Rng(1).normal(4, 3)))  # samples are not augmented


def test_samples_are_decoded_codes_of_the_prior() -> None:
    game = make()
    assert isinstance(game, Samples)
    assert isinstance(game, HasDecoder)
    assert not isinstance(game, Translates)
    codes = game.latent.sample(600, Rng(7))
    assert game.decode(codes).equal(game.sample(600, Rng(7)))
    assert game.latent is game.G.latent


def test_pieces_are_put_together_in_order() -> None:
    sizes: list[int] = []

    def double(x: Tensor) -> Tensor:
        sizes.append(len(x))
        return 2 * x

    x = torch.arange(10.0)
    assert in_pieces(double, x, 4).equal(2 * x)
    assert sizes == [4, 4, 2]


def test_penalty_and_objective_meet_only_in_the_game() -> None:
    game = make()
    assert float(game.d_loss(batch(game))["penalty"]) == 0
    assert isinstance(game.D, nn.Module)
    assert not game.batch_coupled


def test_an_export_says_how_codes_of_its_own_prior_are_drawn() -> None:
    latent = JointLatent(Latent(3), Latent(4, "one-hot"))
    game = GAN(MLPGenerator(latent, 2, 8, 1), MLPCritic(2, 8, 1), objective=OBJECTIVES["hinge"])
    z = game.exports()["G"].inputs["z"]
    assert z.example.shape == (2, 7)
    assert z.meaning == "codes, side by side: 3 of 'normal', 4 of 'one-hot'"
    drawn = eval(z.code, {"torch": torch})
    assert drawn.shape == (16, 7)
    assert drawn[:, 3:].sum(1).equal(torch.ones(16))

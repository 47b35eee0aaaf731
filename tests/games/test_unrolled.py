from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.games.gan import GAN
from gansmith.games.unrolled import AdamLookahead, Lookahead, UnrolledGAN
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.presets import PRESETS


def make(steps: int, objective: str = "non-saturating") -> tuple[UnrolledGAN, Batch]:
    torch.manual_seed(0)
    G = MLPGenerator(Latent(3), 2, 6, 1, torch.nn.Tanh).double()
    D = MLPCritic(2, 6, 1, torch.nn.Tanh).double()
    lookahead = Lookahead(steps, 0.5)
    game = UnrolledGAN(G, D, objective=OBJECTIVES[objective], lookahead=lookahead)
    x = game.draw(Batch(real=Rng(1).normal(8, 2).double()), Rng(2))
    x.z = x.z.double()
    game.requires_grad_(False)
    G.requires_grad_(True)
    return game, x


def slope(game: UnrolledGAN, x: Batch) -> Tensor:
    G = game.get_submodule("G")
    weights = list(G.parameters())
    return torch.cat([g.flatten() for g in torch.autograd.grad(game.g_loss(x)["adv"], weights)])


def by_hand(game: UnrolledGAN, x: Batch) -> float:
    """G's loss with the foreseen steps made by a plain optimiser on a D of its own."""
    torch.manual_seed(0)
    D = MLPCritic(2, 6, 1, torch.nn.Tanh).double()
    D.load_state_dict(game.D.state_dict())
    descent = torch.optim.SGD(D.parameters(), game.lookahead.lr)
    fake = game.decode(x.z).detach()
    for _ in range(game.lookahead.steps):
        descent.zero_grad()
        game.objective.d(D(x.real), D(fake)).backward()
        descent.step()
    return game.objective.g(D(x.real), D(fake)).item()


@pytest.mark.parametrize("objective", ["non-saturating", "minimax", "relativistic"])
@pytest.mark.parametrize("steps", [1, 4])
def test_the_loss_is_that_of_a_d_that_has_moved(objective: str, steps: int) -> None:
    game, x = make(steps, objective)
    assert game.g_loss(x)["adv"].item() == pytest.approx(by_hand(game, x), rel=1e-12)


def test_the_gradient_goes_through_the_foreseen_steps() -> None:
    """Against finite differences of the loss by hand; without the steps' own slope it differs."""
    game, x = make(4)
    exact = slope(game, x)
    first = next(iter(game.get_submodule("G").parameters()))
    eps = 1e-5
    for place in range(4):
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                first.view(-1)[place] += sign * eps
            ends.append(by_hand(game, x))
            with torch.no_grad():
                first.view(-1)[place] -= sign * eps
        assert exact[place].item() == pytest.approx((ends[0] - ends[1]) / (2 * eps), rel=1e-5)
    theta = game.lookahead(game.D, game.objective, x.real, game.decode(x.z).detach())
    fake = functional_call(game.D, {k: v.detach() for k, v in theta.items()}, (game.G(x.z),))
    weights = list(game.get_submodule("G").parameters())
    parts = torch.autograd.grad(game.objective.g(None, fake), weights)
    blind = torch.cat([g.flatten() for g in parts])
    assert (blind - exact).norm() > 0.1 * exact.norm()


def test_no_step_is_the_plain_game() -> None:
    game, x = make(0)
    plain = GAN(game.G, game.D, objective=game.objective)
    torch.testing.assert_close(game.g_loss(x)["adv"], plain.g_loss(x)["adv"], rtol=0, atol=0)
    assert not game.lookahead.batch_coupled
    assert make(1)[0].batch_coupled


def test_nobody_but_g_gets_a_gradient_and_nobody_moves() -> None:
    game, x = make(3)
    before = {k: v.clone() for k, v in game.D.state_dict().items()}
    game.g_loss(x)["adv"].backward()
    assert all(p.grad is None for p in game.D.parameters())
    assert all(v.equal(before[k]) for k, v in game.D.state_dict().items())


def test_bad_lookaheads_are_refused() -> None:
    with pytest.raises(ValueError, match="0 steps or more at a learning rate above 0; got -1, 0.1"):
        Lookahead(-1)
    with pytest.raises(ValueError, match="got 5, 0"):
        Lookahead(5, 0.0)


@pytest.mark.parametrize("objective", ["non-saturating", "least-squares", "relativistic"])
def test_every_weight_of_g_has_the_slope_of_finite_differences(objective: str) -> None:
    game, x = make(3, objective)
    exact, eps, slopes = slope(game, x), 1e-5, []
    for weight in game.get_submodule("G").parameters():
        for place in range(weight.numel()):
            ends = []
            for sign in (1, -2, 1):  # up, down, and back
                with torch.no_grad():
                    weight.view(-1)[place] += sign * eps
                ends.append(game.g_loss(x)["adv"].item())
            slopes.append((ends[0] - ends[1]) / (2 * eps))
    assert (exact - torch.tensor(slopes)).abs().max() < 1e-6 * exact.abs().max()


@pytest.mark.parametrize("objective", ["non-saturating", "relativistic"])
def test_no_step_has_the_slope_of_the_plain_game_to_the_bit(objective: str) -> None:
    game, x = make(0, objective)
    weights = list(game.get_submodule("G").parameters())
    plain = GAN(game.G, game.D, objective=game.objective).g_loss(x)["adv"]
    parts = torch.autograd.grad(plain, weights)
    assert slope(game, x).equal(torch.cat([part.flatten() for part in parts]))


class Times(nn.Module):
    """D(x) = a x."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(0.3))

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x.squeeze(1)


def test_a_linear_critic_on_paper() -> None:
    """a_K = a + K rate (r - f) with the means r and f of real and fake; G's loss is -a_K f."""
    torch.manual_seed(0)
    G = MLPGenerator(Latent(2), 1, 4, 1)
    game = UnrolledGAN(G, Times(), objective=OBJECTIVES["wasserstein"], lookahead=Lookahead(3, 0.2))
    x = game.draw(Batch(real=Rng(1).normal(7, 1) + 2), Rng(2))
    r, f = x.real.mean(), G(x.z).mean()
    expected = -(0.3 + 3 * 0.2 * (r - f)) * f
    torch.testing.assert_close(game.g_loss(x)["adv"], expected)
    parts = torch.autograd.grad(expected, list(G.parameters()))
    torch.testing.assert_close(slope(game, x), torch.cat([part.flatten() for part in parts]))


@pytest.mark.parametrize("steps", [0, 2])
def test_half_a_batch_foresees_another_d(steps: int) -> None:
    game, x = make(steps)
    whole = slope(game, x)
    halves = torch.stack([slope(game, piece) for piece in x.split(2)]).mean(0)
    assert bool((halves - whole).abs().max() > 1e-6) is game.batch_coupled is (steps > 0)


def played(steps: int = 6, data: str = "digits", **keywords: Any) -> tuple[Trainer, UnrolledGAN]:
    """The preset after some steps: D's optimiser has moments."""
    dataset = open_data(data)
    torch.manual_seed(0)
    recipe = PRESETS["unrolled"].build(dataset.spec, width=8, latent=8, batch=16, **keywords)
    source = open_source(dataset, 16, 0)
    trainer = Trainer(recipe.game, source, optim=recipe.optim, steps=steps, channels_last=True)
    trainer.fit()
    assert isinstance(recipe.game, UnrolledGAN)
    return trainer, recipe.game


def test_the_moments_are_those_of_the_optimizer_of_d() -> None:
    trainer, game = played()
    lookahead = game.lookahead
    assert isinstance(lookahead, AdamLookahead)
    state = trainer.optim["D"].state
    for name, ours in (("exp_avg", lookahead.m), ("exp_avg_sq", lookahead.v)):
        theirs = torch.cat([state[p][name].reshape(-1) for p in game.D.parameters()])
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-12)
    assert int(lookahead.moves) == 6


def test_the_unrolled_steps_are_those_that_the_optimizer_of_d_would_take() -> None:
    trainer, game = played()
    x = trainer.draw(game.phases()[0])[0]
    fake = game.G(x.z).detach()
    theta = game.lookahead(game.D, game.objective, x.real, fake)
    optimizer = trainer.optim["D"]
    game.D.requires_grad_(True)
    for _ in range(game.lookahead.steps):
        optimizer.zero_grad()
        game.objective.d(game.D(x.real), game.D(fake)).backward()
        optimizer.step()
    for name, parameter in game.D.named_parameters():
        torch.testing.assert_close(theta[name], parameter, rtol=1e-3, atol=2e-6)


def test_unrolling_turns_the_gradient_of_g_on_images() -> None:
    """Steps as small as 2e-4 times a plain gradient had left it at a cosine of .99999994."""
    trainer, game = played(40)
    x = trainer.draw(game.phases()[1])[0]
    game.G.requires_grad_(True)
    weights = list(game.get_submodule("G").parameters())

    def gradient() -> Tensor:
        parts = torch.autograd.grad(game.g_loss(x)["adv"], weights)
        return torch.cat([part.flatten() for part in parts])

    unrolled = gradient()
    game.lookahead.steps = 0
    assert float(torch.cosine_similarity(unrolled, gradient(), 0)) < 0.99


def test_a_gradient_of_zero_gives_no_nan() -> None:
    torch.manual_seed(0)
    D = MLPCritic(2, 6, 1)
    lookahead = AdamLookahead(D, 2, 1e-3)
    fake = torch.zeros(4, 2, requires_grad=True)
    theta = lookahead(D, OBJECTIVES["non-saturating"], torch.zeros(4, 2), fake)
    sum(t.square().sum() for t in theta.values()).backward()
    assert fake.grad is not None
    assert bool(fake.grad.isfinite().all())

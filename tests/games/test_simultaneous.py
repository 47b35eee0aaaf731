from __future__ import annotations

import pytest
import torch
from torch import nn

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.recipe import sgd
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data.source import Source
from gansmith.games.gan import GAN
from gansmith.games.simultaneous import SingleStepGAN
from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.networks.gradient_reversal import reverse_gradient


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_the_gradient_comes_back_reversed_to_the_bit(scale: float) -> None:
    x = torch.randn(5, 3, requires_grad=True)
    y = reverse_gradient(x, scale)
    assert y.equal(x)
    arriving = torch.randn(5, 3)
    y.backward(arriving)
    assert x.grad is not None
    assert x.grad.equal(-scale * arriving)


@pytest.mark.parametrize("objective", ["gan-divergence", "kl", "squared-hellinger"])
def test_both_move_at_once_from_where_they_stand(objective: str) -> None:
    """D by +rate dF/dD and G by -rate dF/dG, both slopes at the same old point."""
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(3), 2, 8, 1), MLPCritic(2, 8, 1)
    game = SingleStepGAN(G, D, objective=OBJECTIVES[objective])
    trainer = Trainer(
        game,
        Source({"real": Rng(3).normal(16, 2)}, 8, 0),
        optim={"G": sgd(0.1), "D": sgd(0.1)},
    )
    before = {k: v.clone() for k, v in game.state_dict().items()}
    x = game.draw(Batch(**trainer.source.at(0)), Rng(0, 0))
    game.requires_grad_(True)
    value = -game.objective.d(game.D(x.real), game.D(game.G(x.z)))
    names, weights = zip(*game.named_parameters(), strict=True)
    slopes = dict(zip(names, torch.autograd.grad(value, weights), strict=True))
    game.requires_grad_(False)
    trainer.train_step()
    assert trainer.draws == 1
    for name, weight in game.named_parameters():
        sign = 1 if name.startswith("D") else -1
        torch.testing.assert_close(weight.detach(), before[name] + sign * 0.1 * slopes[name])


def test_on_a_bilinear_game_it_spirals_out() -> None:
    """V = d g: at once, the norm grows by sqrt(1 + rate^2) in a step."""

    class Point(nn.Module):
        latent = Latent(1)

        def __init__(self) -> None:
            super().__init__()
            self.g = nn.Parameter(torch.tensor([1.0]))

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return self.g.expand(len(z), 1)

    class Line(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.d = nn.Parameter(torch.tensor([0.5]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (self.d * x).squeeze(1)

    game = SingleStepGAN(Point(), Line(), objective=OBJECTIVES["wasserstein"])  # type: ignore[arg-type]
    source = Source({"real": torch.zeros(4, 1)}, 4, 0)
    trainer = Trainer(game, source, optim={"G": sgd(0.1), "D": sgd(0.1)})
    norms = []
    for _ in range(20):
        norms.append(torch.cat([p.detach() for p in game.parameters()]).norm())
        trainer.train_step()
    growth = torch.stack(norms[1:]) / torch.stack(norms[:-1])
    torch.testing.assert_close(growth, torch.full((19,), 1.01).sqrt())


@pytest.mark.parametrize("divergence", F_DIVERGENCES)
def test_one_pass_back_gives_each_player_its_gradient_of_the_game_by_turns(divergence: str) -> None:
    """In float64, all ten divergences."""
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(3), 2, 8, 1).double(), MLPCritic(2, 8, 1).double()
    at_once = SingleStepGAN(G, D, objective=F_DIVERGENCES[divergence])
    by_turns = GAN(G, D, objective=F_DIVERGENCES[divergence])
    x = at_once.draw(Batch(real=Rng(1).normal(6, 2).double()), Rng(2))
    x.z = x.z.double()
    loss = at_once.d_loss(x)["adv"]
    for player, turn in ((D, by_turns.d_loss), (G, by_turns.g_loss)):
        weights = list(player.parameters())
        ours = torch.autograd.grad(loss, weights, retain_graph=True)
        theirs = torch.autograd.grad(turn(x)["adv"], weights)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-15)
            assert a.any()


def test_g_is_called_once_for_both() -> None:
    torch.manual_seed(0)
    G, D = MLPGenerator(Latent(3), 2, 8, 1), MLPCritic(2, 8, 1)
    game = SingleStepGAN(G, D, objective=OBJECTIVES["minimax"])
    (phase,) = game.phases()
    assert phase.name == "D"
    assert (sorted(phase.movers), phase.repeat) == (["D", "G"], 1)
    calls: list[nn.Module] = []
    for player in (G, D):
        player.register_forward_hook(lambda module, inputs, output: calls.append(module))
    phase.loss(game.draw(Batch(real=Rng(1).normal(6, 2)), Rng(2)))
    assert calls == [G, D, D]

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from gansmith.core.game import Batch
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.games.loss_sensitive import LossSensitiveGAN, MeanL1
from gansmith.networks import MLPGenerator


class Mean(nn.Module):
    """A D whose logit is the mean of the example."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).mean(1)


def game(D: nn.Module, **options: object) -> LossSensitiveGAN:
    torch.manual_seed(0)
    return LossSensitiveGAN(MLPGenerator(Latent(3), 2, 8, 1), D, **options)  # type: ignore[arg-type]


def test_the_losses_of_a_hand_worked_pair() -> None:
    """L = log(1 + exp(-logit)): log 2 at 0; a margin of 3 * mean |x - y|."""
    x, fake = torch.tensor([[0.0, 0.0], [0.0, 0.0]]), torch.tensor([[1.0, -1.0], [-9.0, -9.0]])
    terms = game(Mean(), distance=MeanL1(3.0), margin_weight=2.0).d_terms(Batch(real=x), fake)
    log2 = torch.tensor(2.0).log()
    torch.testing.assert_close(terms["real"], log2)
    near = 3 * 1.0 + log2 - log2  # the fake scores like the real one
    far = torch.relu(27.0 + log2 - torch.tensor(9.0).exp().add(1).log())
    torch.testing.assert_close(terms["margin"], 2 * (near + far) / 2)


def test_g_lowers_the_loss_of_its_fakes() -> None:
    one = game(Mean(), distance=MeanL1())
    x = one.draw(Batch(real=Rng(1).normal(5, 2)), Rng(2))
    expected = torch.nn.functional.softplus(-one.decode(x.z).mean(1)).mean()
    torch.testing.assert_close(one.g_loss(x)["adv"], expected)


class Free(nn.Module):
    """A D that can give each of 64 fakes any logit, and the one real point, 0, another."""

    def __init__(self) -> None:
        super().__init__()
        self.real, self.fake = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(64))

    def forward(self, x: Tensor) -> Tensor:
        return self.fake if x.any() else self.real.expand(64)


def gaps(distance: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Distances of fakes from the real point, and how much more loss than it they have at last."""
    D = Free()
    one = game(D, distance=distance, margin_weight=4.0)
    away, angle = torch.linspace(0.2, 4, 64), torch.linspace(0, 20, 64)
    fake = away[:, None] * torch.stack((angle.cos(), angle.sin()), 1)
    real = torch.zeros(64, 2)
    optimizer = torch.optim.SGD(D.parameters(), 0.3)
    for _ in range(3000):
        optimizer.zero_grad()
        torch.stack(list(one.d_terms(Batch(real=real), fake).values())).sum().backward()
        optimizer.step()
    with torch.no_grad():
        return MeanL1()(real, fake), LossSensitiveGAN.loss(D(fake)) - LossSensitiveGAN.loss(D(real))


def test_a_fake_is_pushed_as_far_as_it_is_away() -> None:
    """The control has one margin for all, and pushes near fakes as hard as any."""
    apart, gap = gaps(MeanL1(2.0))
    assert spearmanr(apart, gap).statistic > 0.95
    torch.testing.assert_close(gap[8:], 2 * apart[8:], rtol=0, atol=0.05)
    assert (gap[:8] < 1.0).all()  # nearer than log 2, where L of a fake began: left where it was
    _, same = gaps(lambda x, y: torch.full((len(x),), 2.5))
    torch.testing.assert_close(same, torch.full((64,), 2.5), rtol=0, atol=0.01)


class Places(nn.Module):
    """A D with a logit for each of the places 0 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.logit[x[:, 0].long()]


def test_a_small_weight_forgives_fakes_that_are_too_many() -> None:
    """Place 1 has two real examples and three fakes: L rises there if 3 > 2 (1 + 1 / weight)."""
    real, fake = torch.tensor([[0.0]] * 3 + [[1.0]] * 2), torch.tensor([[0.0]] * 2 + [[1.0]] * 3)
    for weight, rises in ((1.0, False), (1.9, False), (2.1, True), (100.0, True)):
        D = Places()
        one = game(D, distance=lambda x, y: torch.ones(len(x)), margin_weight=weight)
        torch.stack(list(one.d_terms(Batch(real=real), fake).values())).sum().backward()
        assert D.logit.grad is not None
        assert bool(D.logit.grad[1] > 0) == rises  # following it, the logit falls and L rises

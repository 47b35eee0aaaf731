from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.dcgan import DCGANDiscriminator, Head
from gansmith.networks.minibatch_discrimination import MinibatchDiscrimination, minibatch_head
from gansmith.networks.mlp import MLPCritic, MLPGenerator, linear_head


def test_three_samples_by_hand() -> None:
    """A = 2, B = 2, C = 2: T gives the first kernel (x, y) and the second (2 x, 0)."""
    layer = MinibatchDiscrimination(2, 2, 2).double()
    with torch.no_grad():
        layer.T.copy_(torch.tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]]))
    f = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    first = [math.exp(-1) + math.exp(-3), math.exp(-1) + math.exp(-4), math.exp(-3) + math.exp(-4)]
    second = [math.exp(-2) + 1, 2 * math.exp(-2), 1 + math.exp(-2)]
    expected = torch.tensor([first, second], dtype=torch.float64).T
    out = layer(f)
    assert out[:, :2].equal(f)
    torch.testing.assert_close(out[:, 2:], expected)


def test_a_permuted_batch_gives_permuted_answers() -> None:
    torch.manual_seed(0)
    layer, f = MinibatchDiscrimination(5, 4, 3).double(), torch.randn(7, 5, dtype=torch.float64)
    order = torch.randperm(7)
    torch.testing.assert_close(layer(f[order]), layer(f)[order])
    assert not layer(f[order]).allclose(layer(f))


def test_equal_samples_are_closest_and_have_a_finite_gradient() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(5, 4, 3)
    f = torch.ones(6, 5, requires_grad=True)
    out = layer(f)
    assert out[:, 5:].equal(torch.full((6, 4), 5.0))
    out.sum().backward()
    assert f.grad is not None
    assert f.grad.isfinite().all()
    assert (layer(torch.randn(6, 5))[:, 5:] < 5).all()


def test_one_sample_is_close_to_none() -> None:
    assert MinibatchDiscrimination(3, 2, 2)(torch.randn(1, 3))[:, 3:].equal(torch.zeros(1, 2))


def test_gradient() -> None:
    torch.manual_seed(0)
    f = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(MinibatchDiscrimination(3, 2, 2).double(), f)


def test_the_columns_begin_about_as_long_as_one() -> None:
    torch.manual_seed(0)
    lengths = MinibatchDiscrimination(400, 8, 4).T.detach().norm(dim=0)
    assert 0.8 < float(lengths.min()) < float(lengths.max()) < 1.2


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_bad_sizes_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="of 1 or more"):
        MinibatchDiscrimination(*sizes)


def test_it_says_that_it_couples() -> None:
    assert MinibatchDiscrimination.batch_coupled is True


@pytest.mark.parametrize("points", [True, False])
def test_as_head_one_sample_feels_the_others(points: bool) -> None:
    torch.manual_seed(0)
    head = minibatch_head(3, 2)
    D: nn.Module = (
        MLPCritic(2, 8, 1, head=head) if points else DCGANDiscriminator(3, 16, 4, None, head)
    )
    D = D.double()
    x = torch.randn(4, *((2,) if points else (3, 16, 16)), dtype=torch.float64)
    assert D(x).shape == (4,)
    assert (D(x)[0] - D(torch.cat([x[:1], -x[1:]]))[0]).abs() > 1e-9


def test_without_a_head_a_critic_of_points_is_what_it_was() -> None:
    assert list(MLPCritic(2, 8, 1).state_dict()) == [
        "layers.1.weight",
        "layers.1.bias",
        "layers.3.weight",
        "layers.3.bias",
    ]


def planted(head: Head, seed: int) -> float:
    """AUC of a trained D between batches of 16 points and batches of one point, 16 times.

    A single point has the same distribution in both, so that only the batch gives it away.
    """
    torch.manual_seed(seed)
    D = MLPCritic(2, 32, 2, head=head)
    objective, optimiser = OBJECTIVES["non-saturating"], torch.optim.Adam(D.parameters(), 2e-3)

    def pair(n: int) -> tuple[Tensor, Tensor]:
        return Rng(seed, n, 0).normal(16, 2), Rng(seed, n, 1).normal(1, 2).expand(16, 2)

    for n in range(400):
        real, fake = pair(n)
        optimiser.zero_grad()
        objective.d(D(real), D(fake)).backward()
        optimiser.step()
    with torch.no_grad():
        logits = [[D(x) for x in pair(n)] for n in range(1000, 1200)]
    real, fake = (torch.stack(side)[:, 0] for side in zip(*logits, strict=True))  # of each, one
    label = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))])
    return float(roc_auc_score(label.numpy(), torch.cat([real, fake]).numpy()))


def test_a_collapsed_batch_is_told_with_the_layer_alone(
    seed: int, within: Callable[..., None]
) -> None:
    auc = {"with": planted(minibatch_head(4, 3), seed), "without": planted(linear_head, seed)}
    within(auc, {"with": (0.95, 1), "without": (0.4, 0.6)})  # the control: as good as a guess


def test_g_is_pushed_apart(seed: int, within: Callable[..., None]) -> None:
    """From a D that has seen collapsed batches, G's gradient spreads its samples."""
    torch.manual_seed(seed)
    D = MLPCritic(2, 32, 2, head=minibatch_head(4, 3))
    G = MLPGenerator(Latent(2), 2, 16, 1)
    with torch.no_grad():
        G.layers[-1].weight.mul_(0.05)
    objective, z = OBJECTIVES["non-saturating"], Rng(5).normal(64, 2)
    optimisers = [torch.optim.Adam(p.parameters(), 2e-3) for p in (D, G)]
    before = float(G(z).std(0).mean().detach())
    for n in range(150):
        x, z_d, z_g = (Rng(seed, n, k).normal(16, 2) for k in range(3))
        optimisers[0].zero_grad()
        objective.d(D(x), D(G(z_d).detach())).backward()
        optimisers[0].step()
        optimisers[1].zero_grad()
        objective.g(None, D(G(z_g))).backward()
        optimisers[1].step()
    spread = float(G(z).std(0).mean().detach())
    within({"times as wide": spread / before}, {"times as wide": (3, math.inf)})

"""Weights within bounds: clipping, and spectral normalisation against the SVD."""

from __future__ import annotations

import copy

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from gansmith.core.constraints import (
    Constraint,
    SpectralNorm,
    WeightClipping,
    conv_operator_norm,
    spectral_norm,
    spectral_norm_all,
)


class Critic(nn.Module):
    def __init__(self, dim: int = 6, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y.squeeze(1)


def largest(weight: Tensor, axis: int = 0) -> Tensor:
    return torch.linalg.svdvals(weight.detach().movedim(axis, 0).flatten(1).double())[0]


def move(player: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    for module in player.modules():
        if isinstance(module, Constraint):
            module.after_move()


def steepest(critic: nn.Module, x: Tensor) -> float:
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    return gradient.norm(dim=1).max().item()


LAYERS = [
    (nn.Linear(64, 64), 0),
    (nn.Linear(3, 40), 0),
    (nn.Conv1d(4, 8, 3), 0),
    (nn.Conv2d(16, 32, 4, 2, 1), 0),
    (nn.ConvTranspose2d(8, 12, 4, 2, 1), 1),
    (nn.Embedding(50, 7), 0),
]


@pytest.mark.parametrize(("layer", "axis"), LAYERS, ids=lambda value: str(value)[:18])
def test_the_first_sigma_is_exact(layer: nn.Module, axis: int) -> None:
    layer = copy.deepcopy(layer)
    before = largest(layer.weight, axis)
    plain = layer.weight.detach().clone()
    assert spectral_norm(layer) is layer
    torch.testing.assert_close(
        largest(layer.weight, axis), torch.tensor(1.0).double(), rtol=1e-5, atol=0
    )
    torch.testing.assert_close(layer.weight.detach(), plain / before.float())


@pytest.mark.parametrize(("iterations", "bound"), [(1, 0.05), (3, 0.01)])
@pytest.mark.parametrize("kind", ["Linear", "Conv2d"])
def test_sigma_stays_close_while_training_and_then_within_a_percent(
    kind: str, iterations: int, bound: float
) -> None:
    torch.manual_seed(0)
    layer: nn.Module = nn.Linear(40, 30) if kind == "Linear" else nn.Conv2d(4, 16, 3)
    shape = (32, 40) if kind == "Linear" else (8, 4, 8, 8)
    spectral_norm(layer, iterations=iterations)
    optimiser = torch.optim.Adam(layer.parameters(), 1e-3)
    start = layer.parametrizations.weight.original.detach().clone()
    worst = 0.0
    for _ in range(100):
        real, fake = torch.randn(shape) + 0.5, torch.randn(shape)
        move(layer, optimiser, (1 - layer(real)).relu().mean() + (1 + layer(fake)).relu().mean())
        worst = max(worst, abs(largest(layer.weight).item() - 1))
    moved = (layer.parametrizations.weight.original - start).norm() / start.norm()
    assert moved > 0.1
    assert worst <= bound, "one iteration lags while another direction takes over"
    for _ in range(100):
        layer.parametrizations.weight[0].after_move()
    assert abs(largest(layer.weight).item() - 1) <= 0.01


def test_sigma_catches_up_after_another_direction_takes_the_lead() -> None:
    layer = spectral_norm(nn.Linear(6, 6))
    with torch.no_grad():
        weight = layer.parametrizations.weight.original
        weight.copy_(torch.diag(torch.arange(1.0, 7.0)))
        for _ in range(50):
            layer.parametrizations.weight[0].after_move()
        weight[0, 0], weight[0, 5] = 12.0, 1.0
        assert largest(layer.weight) > 1.5
        for _ in range(20):
            layer.parametrizations.weight[0].after_move()
    assert abs(largest(layer.weight).item() - 1) <= 0.01


def test_a_dense_critic_is_nowhere_steeper_than_one() -> None:
    torch.manual_seed(0)
    free, critic = Critic(), spectral_norm_all(Critic())
    gaps = []
    for network in (free, critic):
        optimiser = torch.optim.Adam(network.parameters(), 1e-3, betas=(0.0, 0.9))
        for _ in range(100):
            real, fake = torch.randn(64, 6) + 1, torch.randn(64, 6) - 1
            move(network, optimiser, network(fake).mean() - network(real).mean())
        gaps.append((network(real).mean() - network(fake).mean()).item())
    everywhere = torch.cat([scale * torch.randn(20_000, 6) for scale in (0.1, 1.0, 10.0, 1e3, 1e6)])
    assert everywhere.shape == (100_000, 6)
    assert steepest(critic, everywhere) <= 1.001
    assert steepest(free, everywhere) > 1.5, "the control should break the bound"
    distance = 2 * 6**0.5
    assert 0.3 * distance <= gaps[1] <= 1.05 * distance


def test_a_forward_pass_moves_nothing_and_a_move_iterates_once() -> None:
    layer = spectral_norm(nn.Linear(5, 7))
    spectral = layer.parametrizations.weight[0]
    assert isinstance(spectral, SpectralNorm)
    with torch.no_grad():
        layer.parametrizations.weight.original.normal_()
    u, v = spectral.u.clone(), spectral.v.clone()
    first = layer(torch.ones(2, 5))
    second = layer(torch.ones(2, 5))
    assert torch.equal(first, second)
    assert torch.equal(u, spectral.u)
    assert torch.equal(v, spectral.v)
    spectral.after_move()
    weight = layer.parametrizations.weight.original.detach()
    expected = nn.functional.normalize(weight.T @ u, dim=0)
    torch.testing.assert_close(spectral.v, expected)
    torch.testing.assert_close(spectral.u, nn.functional.normalize(weight @ expected, dim=0))


def test_a_graph_outlives_a_move() -> None:
    layer = spectral_norm(nn.Linear(5, 7))
    loss = layer(torch.ones(2, 5)).sum()
    layer.parametrizations.weight[0].after_move()
    loss.backward()
    assert layer.parametrizations.weight.original.grad.isfinite().all()


def test_gradient_of_the_normalised_weight() -> None:
    layer = spectral_norm(nn.Linear(4, 3).double())
    spectral = layer.parametrizations.weight[0]
    weight = layer.parametrizations.weight.original.detach().clone().requires_grad_()
    assert weight.dtype == torch.float64
    assert torch.autograd.gradcheck(spectral, (weight,))


def test_a_zero_weight_stays_finite_and_recovers() -> None:
    layer = nn.Linear(4, 3)
    nn.init.zeros_(layer.weight)
    spectral_norm(layer)
    assert torch.equal(layer.weight.detach(), torch.zeros(3, 4))
    layer.parametrizations.weight[0].after_move()
    with torch.no_grad():
        layer.parametrizations.weight.original.normal_()
    for _ in range(200):
        layer.parametrizations.weight[0].after_move()
    torch.testing.assert_close(largest(layer.weight).float(), torch.tensor(1.0), rtol=1e-3, atol=0)


def test_a_deep_copy_follows_its_own_weight() -> None:
    critic = spectral_norm_all(Critic())
    twin = copy.deepcopy(critic)
    x = torch.randn(9, 6)
    assert torch.equal(critic(x), twin(x))
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.normal_()
    for _ in range(300):
        for module in twin.modules():
            if isinstance(module, Constraint):
                module.after_move()
    for name, value in critic.state_dict().items():
        assert torch.equal(value, before[name]), name
    torch.testing.assert_close(
        largest(twin.layers[0].weight).float(), torch.tensor(1.0), rtol=1e-3, atol=0
    )


@pytest.mark.parametrize("assign", [False, True])
def test_resuming_gives_the_same_bits(assign: bool) -> None:
    torch.manual_seed(1)
    critic, other = spectral_norm_all(Critic()), spectral_norm_all(Critic())
    x = torch.randn(32, 6)
    optimiser = torch.optim.SGD(critic.parameters(), 0.05)
    for _ in range(3):
        move(critic, optimiser, critic(x).square().mean())
    other.load_state_dict(load(save(critic.state_dict())), strict=True, assign=assign)
    optimiser_2 = torch.optim.SGD(other.parameters(), 0.05)
    for _ in range(3):
        assert torch.equal(critic(x), other(x))
        move(critic, optimiser, critic(x).square().mean())
        move(other, optimiser_2, other(x).square().mean())
    for (name, mine), theirs in zip(
        critic.state_dict().items(), other.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, theirs), name


def test_normed_networks_draw_no_random_numbers() -> None:
    torch.manual_seed(0)
    spectral_norm_all(Critic())
    after = torch.rand(1)
    torch.manual_seed(0)
    Critic()
    assert torch.equal(after, torch.rand(1))


def test_every_layer_of_a_network_is_normed_and_only_once() -> None:
    critic = spectral_norm_all(Critic())
    assert sum(isinstance(module, SpectralNorm) for module in critic.modules()) == 3
    with pytest.raises(ValueError, match="no layer"):
        spectral_norm_all(critic)
    with pytest.raises(ValueError, match="parametrized already"):
        spectral_norm(critic.layers[0])
    with pytest.raises(TypeError, match=r"Linear.*LayerNorm"):
        spectral_norm(nn.LayerNorm(3))


def test_the_kernel_norm_does_not_bound_a_convolution() -> None:
    torch.manual_seed(0)
    conv = spectral_norm(nn.Conv2d(8, 8, 3, 1, 1))
    with torch.no_grad():
        conv.parametrizations.weight.original.abs_()
        for _ in range(50):
            conv.parametrizations.weight[0].after_move()
    torch.testing.assert_close(largest(conv.weight).float(), torch.tensor(1.0), rtol=1e-4, atol=0)
    assert 2.8 < conv_operator_norm(conv, (16, 16)) <= 3.0


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(2, 3, 3, 1, 1),
        nn.Conv2d(2, 3, 4, 2, 1),
        nn.Conv2d(2, 4, 3, 1, 1, groups=2, padding_mode="reflect"),
    ],
)
def test_true_conv_norm_is_that_of_the_whole_matrix(conv: nn.Conv2d) -> None:
    torch.manual_seed(0)
    conv = copy.deepcopy(conv).double()
    conv.reset_parameters()
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    basis = torch.eye(2 * 6 * 5, dtype=torch.float64).reshape(-1, 2, 6, 5)
    matrix = conv(basis).detach().flatten(1)
    expected = torch.linalg.matrix_norm(matrix, 2).item()
    assert conv_operator_norm(conv, (6, 5)) == pytest.approx(expected, rel=1e-9)


def test_true_conv_norm_of_one_pixel() -> None:
    conv = nn.Conv2d(1, 2, 1)
    expected = torch.linalg.vector_norm(conv.weight).item()
    assert conv_operator_norm(conv, (1, 1)) == pytest.approx(expected, rel=1e-6)


def test_true_conv_norm_of_nothing_is_zero() -> None:
    conv = nn.Conv2d(2, 3, 3)
    nn.init.zeros_(conv.weight)
    assert conv_operator_norm(conv, (6, 6)) == 0.0


def test_clipped_weights_stay_within_c() -> None:
    torch.manual_seed(0)
    critic = WeightClipping(Critic(), 0.05)
    c = torch.tensor(0.05)
    assert all((p.abs() <= c).all() for p in critic.parameters())
    optimiser = torch.optim.RMSprop(critic.parameters(), 1e-2)
    for _ in range(30):
        real, fake = torch.randn(32, 6) + 1, torch.randn(32, 6)
        move(critic, optimiser, critic(fake).mean() - critic(real).mean())
    weights = torch.cat([p.detach().flatten() for p in critic.parameters()])
    assert weights.dtype == torch.float32
    assert weights.abs().max() <= c
    assert (weights.abs() == c).float().mean() > 0.3, "the bound should be felt"
    x = torch.randn(4, 6)
    assert torch.equal(critic(x), critic.critic(x))
    assert critic.layers is critic.critic.layers


def test_clipping_needs_a_positive_bound_and_a_chain_for_layers() -> None:
    for c in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="c > 0"):
            WeightClipping(Critic(), c)
    assert not hasattr(WeightClipping(nn.Linear(2, 1)), "layers")


def test_a_constraint_must_say_what_it_does() -> None:
    with pytest.raises(NotImplementedError, match="Constraint"):
        Constraint().after_move()

"""The slope by hand against the general one."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.constraints import WeightClipping, spectral_norm_all
from gansmith.core.latent import Latent
from gansmith.core.rng import Rng
from gansmith.data import DataSpec, open_data
from gansmith.networks.dropout_critic import DropoutCritic
from gansmith.penalties import R1, R2, DraganGP, InterpolatedGP, NearestGP, PenaltySum, one_sided
from gansmith.penalties.analytic import analytic_gradient_norm, fastest_gradient_norm
from gansmith.penalties.gradient_norm import GradientNorm, gradient_norm
from gansmith.presets import PRESETS
from gansmith.presets.players import NETWORKS, players


class Chain(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y.flatten() if y.numel() == len(x) else y


def points() -> Chain:
    return Chain(nn.Linear(3, 9), nn.ReLU(), nn.Linear(9, 7), nn.LeakyReLU(0.1), nn.Linear(7, 1))


def pictures() -> Chain:
    return Chain(
        nn.Sequential(nn.Conv2d(2, 5, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)),
        nn.Sequential(nn.Sequential(nn.Conv2d(5, 6, 3, 1, 1, bias=False), nn.ReLU(inplace=True))),
        nn.Conv2d(6, 1, 4),
        nn.Flatten(0),
    )


def mixed() -> Chain:
    """Every other kind of layer, and an activation first."""
    return Chain(
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, (2, 1)),
        nn.Flatten(1, 2),
        nn.ZeroPad2d((1, 0, 2, 1)),
        nn.Conv2d(2, 4, 3, 1, 2, dilation=2, groups=2),
        nn.AvgPool2d(2),
        nn.ReLU(),
        nn.Identity(),
        nn.Flatten(),
        nn.Linear(4 * 5 * 4, 6),
        nn.LeakyReLU(0.0),
        nn.Linear(6, 1),
    )


def maps() -> Chain:
    return Chain(nn.Conv2d(2, 5, 3, 2, 1), nn.ReLU(), nn.Conv2d(5, 1, 3))


def sequences() -> Chain:
    return Chain(
        nn.Linear(4, 3),
        nn.ReLU(),
        nn.Conv1d(5, 4, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8, 1),
    )


def volumes() -> Chain:
    return Chain(nn.Conv3d(1, 3, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(24, 1))


def repeated() -> Chain:
    """One activation, one dense layer and one block of both, each called twice."""
    act, dense = nn.LeakyReLU(0.2), nn.Linear(5, 5)
    block = nn.Sequential(dense, act)
    return Chain(nn.Linear(3, 5), act, block, nn.Linear(5, 5), block, dense, nn.Linear(5, 1))


CASES = {
    "repeated": (repeated, (3,)),
    "points": (points, (3,)),
    "pictures": (pictures, (2, 8, 8)),
    "mixed": (mixed, (2, 8, 8)),
    "maps": (maps, (2, 8, 8)),
    "sequences": (sequences, (5, 4)),
    "volumes": (volumes, (1, 4, 4, 4)),
}


def outcome(critic: nn.Module, x: Tensor, by: GradientNorm) -> tuple[Tensor, dict[str, Tensor]]:
    """Slopes, and gradients of a cost that weighs the samples unequally."""
    critic.zero_grad()
    s = by(critic, x)
    ((s - 1).square() * torch.linspace(1, 3, len(s)).to(s)).sum().backward()
    named = critic.named_parameters()
    return s.detach(), {k: p.grad.clone() for k, p in named if p.grad is not None}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", CASES)
def test_slopes_and_gradients_are_those_of_autograd(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    make, shape = CASES[name]
    critic = make().to(dtype)
    x = torch.randn(7, *shape, dtype=dtype)
    before = x.clone()
    (s, grads), (expected_s, expected) = (
        outcome(critic, x, by) for by in (analytic_gradient_norm, gradient_norm)
    )
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4
    assert s.dtype == dtype
    assert s.shape == (7,)
    assert s.max() > 0
    torch.testing.assert_close(s, expected_s, rtol=tolerance, atol=0)
    weights = [k for k, p in critic.named_parameters() if p.ndim > 1]
    assert set(grads) == set(weights)
    assert len(weights) >= 2
    for key, value in grads.items():
        assert value.dtype == dtype
        assert value.abs().max() > 0
        scale = expected[key].abs().max().item()
        torch.testing.assert_close(value, expected[key], rtol=0, atol=tolerance * scale)
    for key in set(expected) - set(weights):
        assert torch.equal(expected[key], torch.zeros_like(expected[key])), "biases do not matter"
    assert torch.equal(x, before), "the samples were written to"


def test_every_penalty_takes_it() -> None:
    torch.manual_seed(0)
    critic = pictures().double()
    rng = Rng(3)
    real, fake = rng.normal(6, 2, 8, 8).double(), rng.normal(6, 2, 8, 8).double()
    parameters = list(critic.parameters())
    for kind in (R1, R2, DraganGP, InterpolatedGP, NearestGP):
        values = []
        for by in (gradient_norm, analytic_gradient_norm):
            penalty = PenaltySum(
                kind(gradient_norm=by), InterpolatedGP(cost=one_sided, gradient_norm=by)
            )
            value = penalty(critic, real, fake, penalty.draw(real, Rng(1)))
            grads = torch.autograd.grad(value, parameters, allow_unused=True)
            values.append((value.detach(), [g for g in grads if g is not None and g.ndim > 1]))
        assert len(values[0][1]) == 3
        torch.testing.assert_close(values[0], values[1], rtol=1e-10, atol=1e-12)


def test_spectral_norm_and_clipping_are_seen_through() -> None:
    torch.manual_seed(0)
    x = torch.randn(5, 2, 8, 8, dtype=torch.float64)
    for critic in (
        spectral_norm_all(pictures()).double(),
        WeightClipping(pictures().double(), 0.1),
    ):
        (s, grads), (expected_s, expected) = (
            outcome(critic, x, by) for by in (analytic_gradient_norm, gradient_norm)
        )
        torch.testing.assert_close(s, expected_s, rtol=1e-10, atol=0)
        assert len(grads) == 3
        for key, value in grads.items():
            torch.testing.assert_close(value, expected[key], rtol=1e-9, atol=1e-12)


def test_frozen_weights_get_nothing() -> None:
    critic = points()
    critic.layers[2].requires_grad_(False)
    _, grads = outcome(critic, torch.randn(4, 3), analytic_gradient_norm)
    assert set(grads) == {"layers.0.weight", "layers.4.weight"}


def test_a_flat_critic_gives_zeros() -> None:
    critic = points()
    for parameter in critic.parameters():
        nn.init.zeros_(parameter)
    s, grads = outcome(critic, torch.randn(4, 3), analytic_gradient_norm)
    assert torch.equal(s, torch.zeros(4))
    assert all(torch.equal(g, torch.zeros_like(g)) for g in grads.values())
    assert len(grads) == 3


def test_autocast_reaches_neither_pass() -> None:
    torch.manual_seed(0)
    critic, x = pictures(), torch.randn(4, 2, 8, 8)
    expected_s, expected = outcome(critic, x, analytic_gradient_norm)
    with torch.autocast("cpu", torch.bfloat16):
        s, rounded = outcome(critic, x, analytic_gradient_norm)
    assert s.dtype == torch.float32
    assert torch.equal(s, expected_s)
    for key, value in rounded.items():
        assert value.dtype == torch.float32
        assert torch.equal(value, expected[key])
    assert analytic_gradient_norm(critic, x.bfloat16()).dtype == torch.float32


def test_channels_last_gives_the_same() -> None:
    torch.manual_seed(0)
    critic, x = pictures().double(), torch.randn(4, 2, 8, 8, dtype=torch.float64)
    expected_s, expected = outcome(critic, x, analytic_gradient_norm)
    last = copy.deepcopy(critic).to(memory_format=torch.channels_last)
    s, grads = outcome(
        last, x.contiguous(memory_format=torch.channels_last), analytic_gradient_norm
    )
    torch.testing.assert_close(s, expected_s)
    torch.testing.assert_close(grads, expected)


def test_no_gradient_reaches_the_samples_and_none_of_second_order() -> None:
    critic, x = points(), torch.randn(4, 3, requires_grad=True)
    s = analytic_gradient_norm(critic, x)
    s.sum().backward()
    assert x.grad is None
    weight = critic.layers[0].weight
    (first,) = torch.autograd.grad(
        analytic_gradient_norm(critic, x).sum(), weight, create_graph=True
    )
    with pytest.raises(RuntimeError, match="does not require grad"):
        first.sum().backward()


def test_a_weight_changed_before_backward_is_noticed() -> None:
    critic = points()
    s = analytic_gradient_norm(critic, torch.randn(4, 3))
    with torch.no_grad():
        critic.layers[2].weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        s.sum().backward()


class Odd(nn.Linear):
    """Not what its parent computes."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).tanh()


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        (nn.BatchNorm2d(5), "is BatchNorm2d"),
        (nn.Tanh(), "is Tanh"),
        (nn.Dropout(), "is Dropout"),
        (Odd(8, 8), "is Odd"),
        (nn.LeakyReLU(-0.1), "negative_slope -0.1"),
        (nn.Conv2d(5, 5, 3, padding=1, padding_mode="reflect"), "'reflect'"),
        (nn.Conv2d(5, 5, 3, padding="same"), "'same'"),
        (torch.nn.utils.spectral_norm(nn.Conv2d(5, 5, 1)), "forward hooks"),
    ],
)
def test_other_layers_are_refused_by_name(layer: nn.Module, what: str) -> None:
    critic = Chain(nn.Conv2d(2, 5, 3), nn.Sequential(nn.ReLU(), layer), nn.Conv2d(5, 1, 3))
    with pytest.raises(
        ValueError, match=rf"'layers\.1\.1'.*{what}.*gradient_norm\.gradient_norm|hooks"
    ):
        analytic_gradient_norm(critic, torch.randn(2, 2, 8, 8))


def test_a_critic_without_layers_is_refused() -> None:
    for critic in (nn.Linear(3, 1), lambda x: x.sum(1), WeightClipping(nn.Linear(3, 1))):
        with pytest.raises(TypeError, match=r"layers: nn\.Sequential"):
            analytic_gradient_norm(critic, torch.randn(2, 3))


class Bounded(Chain):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).tanh()


class Skipping(Chain):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x.sum(1)


@pytest.mark.parametrize("kind", [Bounded, Skipping])
def test_a_critic_that_computes_more_than_its_layers_is_refused(kind: type[Chain]) -> None:
    torch.manual_seed(0)
    critic = kind(nn.Linear(3, 9), nn.ReLU(), nn.Linear(9, 1))
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"layers of this {kind.__name__}.*gradient_norm"):
            fastest_gradient_norm(critic)(critic, 3 * torch.randn(5, 3))


def test_the_comparison_is_made_once_draws_nothing_and_leaves_no_gradient() -> None:
    calls = []
    critic = points()
    critic.register_forward_hook(lambda module, args, out: calls.append(len(out)))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for _ in range(3):
        analytic_gradient_norm(critic, torch.zeros(6, 3))
    assert torch.equal(torch.get_rng_state(), before)
    assert calls == [2]
    assert all(parameter.grad is None for parameter in critic.parameters())


CHAINS = {"dcgan", "mlp"}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_fastest_slope_of_every_pair_of_networks_is_that_of_autograd(name: str) -> None:
    torch.manual_seed(0)
    _, D = players(open_data("digits").spec, name, Latent(4), 8)
    D.double()
    by = fastest_gradient_norm(D)
    assert by is (analytic_gradient_norm if name in CHAINS else gradient_norm)
    x = torch.randn(5, 1, 8, 8, dtype=torch.float64)
    (s, grads), (expected_s, expected) = (outcome(D, x, way) for way in (by, gradient_norm))
    torch.testing.assert_close(s, expected_s, rtol=1e-10, atol=0)
    for key, value in grads.items():
        torch.testing.assert_close(value, expected[key], rtol=1e-8, atol=1e-12)
    assert all(not expected[key].any() for key in set(expected) - set(grads))


def test_the_fastest_slope_is_chosen_once_and_never_changes_its_ways() -> None:
    critic = points()
    by = fastest_gradient_norm(critic)
    assert (
        by
        is fastest_gradient_norm(DropoutCritic(critic))
        is fastest_gradient_norm(spectral_norm_all(points()))
        is analytic_gradient_norm
    )
    critic.layers[1] = nn.Tanh()
    with pytest.raises(ValueError, match=r"'layers\.1' is Tanh"):
        by(critic, torch.randn(4, 3))
    assert (
        fastest_gradient_norm(critic) is fastest_gradient_norm(lambda x: x.sum(1)) is gradient_norm
    )


@pytest.mark.parametrize("preset", ["wgan-gp", "wgan-lp", "wgan-ct"])
@pytest.mark.parametrize("data", ["ring", "digits"])
def test_presets_take_the_fastest_slope(preset: str, data: str) -> None:
    spec: DataSpec = open_data(data).spec
    penalty = PRESETS[preset].build(spec, width=4).game.penalty  # type: ignore[attr-defined]
    first = penalty.parts[0] if isinstance(penalty, PenaltySum) else penalty
    assert first.gradient_norm is analytic_gradient_norm

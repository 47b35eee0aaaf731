"""Penalties against closed forms, finite differences and the rules every one of them obeys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.penalties import (
    PENALTIES,
    R1,
    R2,
    DraganGP,
    InterpolatedGP,
    NearestGP,
    NoPenalty,
    Penalty,
    PenaltySum,
    one_sided,
)
from gansmith.penalties.consistency import Consistency, StochasticCritic
from gansmith.penalties.gradient_norm import gradient_norm

NOISE = 6


class Dense(nn.Module):
    """A smooth critic of points, with dropout from outside on its hidden layer."""

    noise_size = NOISE

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.last = nn.Linear(3, NOISE), nn.Linear(NOISE, 1)

    def features(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.hidden(x))
        if noise is not None:
            h = h * (noise >= 0.5) * 2
        return self.last(h).squeeze(1), h

    def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        return self.features(x, noise)[0]


class Map(nn.Module):
    """A smooth critic of pictures that gives a map, (B, 2, 6, 6) -> (B, 1, 2, 2)."""

    noise_size = NOISE

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.last = nn.Conv2d(2, NOISE, 3, 2, 1), nn.Conv2d(NOISE, 1, 2)

    def features(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.hidden(x))
        if noise is not None:
            h = h * (noise >= 0.5)[:, :, None, None] * 2
        return self.last(h), h

    def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        return self.features(x, noise)[0]


class Linear(nn.Module):
    """D(x) = w . x + b over all axes of x."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.w, self.b = nn.Parameter(w.clone()), nn.Parameter(torch.tensor(0.3).to(w))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.w).flatten(1).sum(1) + self.b


SHAPES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "dense": (Dense, (3,)),
    "map": (Map, (2, 6, 6)),
}


def made(name: str) -> Penalty:
    return PENALTIES[name](noise_size=NOISE) if name == "consistency" else PENALTIES[name]()


EVERY = [*PENALTIES, "r1+r2", "interpolated+consistency"]


def build(name: str) -> Penalty:
    parts = name.split("+")
    return made(name) if len(parts) == 1 else PenaltySum(*(made(part) for part in parts))


def samples(shape: tuple[int, ...], count: int = 8, dtype: torch.dtype = torch.float32) -> tuple:
    rng = Rng(5)
    return rng.normal(count, *shape).to(dtype) + 1, rng.normal(count, *shape).to(dtype)


def unit(norm: float, *shape: int) -> Tensor:
    w = Rng(3).normal(*shape).double()
    return norm * w / w.norm()


@pytest.mark.parametrize("shape", [(4,), (2, 3), (3, 5, 5), (2, 3, 2, 2)])
@pytest.mark.parametrize(
    ("norm", "two", "one"), [(0.5, 2.5, 0.0), (1.0, 0.0, 0.0), (2.0, 10.0, 10.0)]
)
def test_linear_critics_in_closed_form(
    shape: tuple[int, ...], norm: float, two: float, one: float
) -> None:
    critic = Linear(unit(norm, *shape))
    real, fake = samples(shape, dtype=torch.float64)
    expected = {
        "none": 0.0,
        "interpolated": two,
        "interpolated-one-sided": one,
        "dragan": two,
        "nearest": two,
        "r1": 5 * norm**2,
        "r2": 5 * norm**2,
        "r1+r2": 10 * norm**2,
    }
    for name, value in expected.items():
        penalty = build(name)
        got = penalty(critic, real, fake, penalty.draw(real, Rng(1)))
        assert got.dtype == torch.float64
        torch.testing.assert_close(got, torch.tensor(value).double(), rtol=0, atol=1e-12, msg=name)


def test_weights_multiply() -> None:
    critic = Linear(unit(3.0, 4))
    real, fake = samples((4,), dtype=torch.float64)
    noise = Rng(1).uniform(8, 1)
    for weight in (0.5, 4.0):
        got = InterpolatedGP(weight)(critic, real, fake, noise)
        torch.testing.assert_close(got, torch.tensor(4.0 * weight).double())
        got = R1(weight)(critic, real, fake, None)
        torch.testing.assert_close(got, torch.tensor(4.5 * weight).double())


@pytest.mark.parametrize("cost", ["interpolated", "interpolated-one-sided"])
@pytest.mark.parametrize(("shift", "weight"), [(1.0, 10.0), (3.0, 2.0)])
def test_a_shift_is_read_with_slope_one_plus_w_over_two_weights(
    cost: str, shift: float, weight: float
) -> None:
    critic = Linear(torch.tensor([1.2]).double())
    penalty = PENALTIES[cost](weight=weight)
    fake = Rng(0).normal(32, 1).double()
    real, noise = fake + shift, Rng(1).uniform(32, 1)
    optimiser = torch.optim.SGD(critic.parameters(), 0.2 / weight)
    for _ in range(60):
        optimiser.zero_grad()
        gap = critic(fake).mean() - critic(real).mean()
        (gap + penalty(critic, real, fake, noise)).backward()
        optimiser.step()
    expected = torch.tensor([1 + shift / (2 * weight)]).double()
    torch.testing.assert_close(critic.w.detach(), expected)


def quadratic(x: Tensor) -> Tensor:
    """D(x) = ||x||^2 / 2, so that the slope at x is ||x||."""
    return x.square().flatten(1).sum(1) / 2


def test_where_the_points_are() -> None:
    real, fake = torch.tensor([[3.0, 4.0], [0.0, 2.0]]), torch.tensor([[0.0, 0.0], [4.0, 2.0]])
    noise = torch.tensor([[0.2], [0.75]])
    seen: list[Tensor] = []

    def spy(critic: Callable[..., Tensor], x: Tensor) -> Tensor:
        seen.append(x)
        return gradient_norm(critic, x)

    got = InterpolatedGP(1.0, gradient_norm=spy)(quadratic, real, fake, noise)
    torch.testing.assert_close(seen.pop(), torch.tensor([[0.6, 0.8], [1.0, 2.0]]))
    torch.testing.assert_close(got, torch.tensor((5**0.5 - 1) ** 2 / 2))
    # Both fakes are nearest to the real (0, 2); the nearest fake of both reals is the first.
    near = torch.tensor([[0.0, 1.0], [-2.0, 2.0]])
    NearestGP(1.0, gradient_norm=spy)(quadratic, real, near, noise)
    torch.testing.assert_close(seen.pop(), torch.tensor([[0.0, 1.2], [-0.5, 2.0]]))
    DraganGP(1.0, scale=0.5, gradient_norm=spy)(
        quadratic, real, fake, torch.tensor([[1.0, -2], [0, 4]])
    )
    torch.testing.assert_close(seen.pop(), torch.tensor([[3.5, 3.0], [0.0, 4.0]]))
    got = R1(2.0, gradient_norm=spy)(quadratic, real, fake, None)
    assert torch.equal(seen.pop(), real)
    torch.testing.assert_close(got, torch.tensor((25 + 4) / 2))
    got = R2(2.0, gradient_norm=spy)(quadratic, real, fake, None)
    assert torch.equal(seen.pop(), fake)
    torch.testing.assert_close(got, torch.tensor((0 + 20) / 2))


def test_draws() -> None:
    real = torch.zeros(500, 2, 3)
    for name in EVERY:
        penalty = build(name)
        noise, again = penalty.draw(real, Rng(4)), penalty.draw(real, Rng(4))
        if noise is None or again is None:
            assert penalty.noise_width(real) == 0
            assert name in {"none", "r1", "r2", "r1+r2"}
            continue
        assert noise.dtype == torch.float32
        assert noise.shape == (500, penalty.noise_width(real)), name
        assert torch.equal(noise, again)
        if name == "dragan":
            assert noise.shape == (500, 6)
            assert noise.min() < -2
            assert abs(noise.std() - 1) < 0.05
        else:
            assert 0 <= noise.min() < 0.01
            assert 0.99 < noise.max() < 1


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("name", [name for name in EVERY if name != "none"])
def test_gradients_against_finite_differences(name: str, kind: str) -> None:
    torch.manual_seed(0)
    make, shape = SHAPES[kind]
    critic = make().double()
    real, fake = samples(shape, 3, torch.float64)
    penalty = build(name)
    noise = penalty.draw(real, Rng(2))
    names = [key for key, _ in critic.named_parameters()]

    class Bound(nn.Module):
        """The critic with other values of its parameters."""

        noise_size = NOISE

        def __init__(self, values: tuple[Tensor, ...]) -> None:
            super().__init__()
            self.values = dict(zip(names, values, strict=True))

        def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
            return self.features(x, noise)[0]

        def features(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
            v, linear = self.values, kind == "dense"
            h = (
                nn.functional.linear(x, v["hidden.weight"], v["hidden.bias"])
                if linear
                else (nn.functional.conv2d(x, v["hidden.weight"], v["hidden.bias"], 2, 1))
            )
            h = torch.tanh(h)
            if noise is not None:
                h = h * (noise >= 0.5).reshape(len(x), -1, *[1] * (h.ndim - 2)) * 2
            if linear:
                return nn.functional.linear(h, v["last.weight"], v["last.bias"]).squeeze(1), h
            return nn.functional.conv2d(h, v["last.weight"], v["last.bias"]), h

    def value(*parameters: Tensor) -> Tensor:
        return penalty(Bound(parameters), real, fake, noise)

    parameters = tuple((3 * p).detach().requires_grad_() for p in critic.parameters())
    assert value(*parameters) > 0
    assert value(*parameters).dtype == torch.float64
    assert torch.autograd.gradcheck(value, parameters, fast_mode=kind == "map")


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("name", EVERY)
def test_two_halves_make_the_whole_and_nothing_flows_to_the_samples(name: str, kind: str) -> None:
    torch.manual_seed(0)
    make, shape = SHAPES[kind]
    critic, penalty = make().double(), build(name)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.mul_(4)  # steep enough for the one-sided cost
    real, fake = samples(shape, dtype=torch.float64)
    real, fake = real.requires_grad_(), fake.requires_grad_()
    noise = penalty.draw(real, Rng(2))
    whole = penalty(critic, real, fake, noise)
    halves = [
        penalty(critic, real[cut], fake[cut], None if noise is None else noise[cut])
        for cut in (slice(0, 4), slice(4, 8))
    ]
    assert penalty.batch_coupled == (name == "nearest")
    if not penalty.batch_coupled:
        torch.testing.assert_close((halves[0] + halves[1]) / 2, whole, rtol=1e-12, atol=0)
    if name != "none":
        whole.backward()
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in critic.parameters())
    assert real.grad is None
    assert fake.grad is None


@pytest.mark.parametrize("name", EVERY)
def test_a_flat_critic_gives_no_nan(name: str) -> None:
    critic = Dense()
    for parameter in critic.parameters():
        nn.init.zeros_(parameter)
    real, fake = samples((3,))
    penalty = build(name)
    value = penalty(critic, real, fake, penalty.draw(real, Rng(2)))
    expected = {"interpolated": 10.0, "dragan": 10.0, "nearest": 10.0}.get(name.split("+")[0], 0.0)
    torch.testing.assert_close(value.detach(), torch.tensor(expected))
    if name != "none":
        value.backward()
        for parameter in critic.parameters():
            assert parameter.grad is None or torch.equal(
                parameter.grad, torch.zeros_like(parameter)
            )


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("half_samples", [False, True])
def test_autocast_does_not_reach_inside(name: str, half_samples: bool) -> None:
    torch.manual_seed(0)
    critic, penalty = Map(), build(name)
    real, fake = samples((2, 6, 6))
    if half_samples:
        real, fake = real.bfloat16(), fake.bfloat16()
    noise = penalty.draw(real, Rng(2))
    with torch.autocast("cpu", torch.bfloat16):
        assert critic(real).dtype == torch.bfloat16
        inside = penalty(critic, real, fake, noise)
    outside = penalty(critic, real.float(), fake.float(), noise)
    assert inside.dtype == torch.float32
    assert inside.shape == ()
    assert torch.equal(inside, outside)


@pytest.mark.parametrize("name", ["interpolated", "r1", "consistency"])
def test_a_compiled_critic_gives_the_eager_value(name: str) -> None:
    torch.manual_seed(0)
    critic, penalty = Dense(), build(name)
    real, fake = samples((3,))
    noise = penalty.draw(real, Rng(2))
    eager = penalty(critic, real, fake, noise)
    eager_grads = torch.autograd.grad(eager, list(critic.parameters()), allow_unused=True)
    critic.compile(backend="aot_eager")
    critic(real).sum().backward()
    x = real.clone().requires_grad_()
    if name == "r1":  # the control: this is what is being avoided
        (g,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="double backward"):
            g.square().sum().backward()
    for called in (critic, lambda x: critic(x)) if name != "consistency" else (critic,):
        value = penalty(called, real, fake, noise)
        assert torch.equal(value, eager)
        grads = torch.autograd.grad(value, list(critic.parameters()), allow_unused=True)
        for mine, theirs in zip(grads, eager_grads, strict=True):
            assert (mine is None and theirs is None) or torch.equal(mine, theirs)


def test_slopes_work_where_gradients_are_switched_off() -> None:
    critic = Linear(unit(2.0, 3).float())
    with torch.no_grad():
        torch.testing.assert_close(gradient_norm(critic, torch.zeros(5, 3)), torch.full((5,), 2.0))
    critic.requires_grad_(False)
    torch.testing.assert_close(gradient_norm(critic, torch.zeros(5, 3)), torch.full((5,), 2.0))
    torch.testing.assert_close(gradient_norm(lambda x: 3 * x, torch.ones(4)), torch.full((4,), 3.0))


class Normed(Dense):
    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norms = nn.Sequential(nn.Identity(), norm)

    def features(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return super().features(self.norms(x), noise)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "none"])
def test_batch_norm_is_refused_by_name(name: str) -> None:
    real, fake = samples((3,))
    penalty = build(name)
    noise = penalty.draw(real, Rng(2))
    for norm in (nn.BatchNorm1d(3), nn.BatchNorm1d(3, track_running_stats=False).eval()):
        with pytest.raises(ValueError, match=r"'norms\.1'.*BatchNorm1d"):
            penalty(Normed(norm), real, fake, noise)
    for norm in (nn.LayerNorm(3), nn.BatchNorm1d(3).eval()):
        assert penalty(Normed(norm), real, fake, noise).isfinite()


def test_unequal_or_missing_things_are_named() -> None:
    critic = Linear(unit(1.0, 3).float())
    real, fake = samples((3,))
    noise = Rng(0).uniform(8, 1)
    for penalty in (InterpolatedGP(), NearestGP()):
        with pytest.raises(ValueError, match=r"\(8, 3\) real and \(7, 3\) fake"):
            penalty(critic, real, fake[:7], noise)
        for wrong in (None, noise[:7], noise[:, 0], Rng(0).uniform(8, 2)):
            with pytest.raises(ValueError, match=r"noise of shape \(8, 1\).*draw"):
                penalty(critic, real, fake, wrong)
    with pytest.raises(ValueError, match=r"noise of shape \(8, 3\)"):
        DraganGP()(critic, real, fake, noise)
    with pytest.raises(TypeError, match="uint8"):
        R1()(critic, real.to(torch.uint8), fake, None)
    with pytest.raises(ValueError, match=r"B = 8 samples; got shape \(\)"):
        R1()(lambda x: critic(x).mean(), real, fake, None)


def test_r1_needs_no_equal_counts() -> None:
    critic = Linear(unit(2.0, 3).float())
    real, fake = samples((3,))
    torch.testing.assert_close(R1()(critic, real, fake[:5], None).detach(), torch.tensor(20.0))


def test_consistency_in_closed_form() -> None:
    critic = Dense().double()
    real, fake = samples((3,), dtype=torch.float64)
    noise = Rng(7).uniform(8, 2 * NOISE)
    logits, hiddens = zip(
        *(critic.features(real, noise[:, cut]) for cut in (slice(0, 6), slice(6, 12))), strict=True
    )
    apart = (logits[0] - logits[1]) ** 2 + 0.1 * ((hiddens[0] - hiddens[1]) ** 2).mean(1)
    expected = 2 * apart.mean()
    assert expected > 0.01
    got = Consistency(noise_size=NOISE)(critic, real, fake, noise)
    torch.testing.assert_close(got, expected)
    margin = apart.median().item()
    got = Consistency(3.0, margin=margin, noise_size=NOISE)(critic, real, fake, noise)
    torch.testing.assert_close(got, 3 * (apart - margin).clamp_min(0).mean())
    same = noise[:, :6].repeat(1, 2)
    assert Consistency(noise_size=NOISE)(critic, real, fake, same) == 0


def test_consistency_refuses_critics_that_cannot_forget() -> None:
    assert isinstance(Dense(), StochasticCritic)
    real, fake = samples((3,))
    noise = Rng(0).uniform(8, 2 * NOISE)
    with pytest.raises(TypeError, match=r"noise_size.*features.*Linear"):
        Consistency(noise_size=NOISE)(Linear(unit(1.0, 3)), real, fake, noise)
    for size in (0, 5):
        with pytest.raises(ValueError, match=rf"uses 6 .*draws {size}"):
            Consistency(noise_size=size)(Dense(), real, fake, noise)


def test_a_sum_is_the_sum_of_its_parts() -> None:
    critic = Dense()
    real, fake = samples((3,))
    parts = (R1(3.0), InterpolatedGP(), NoPenalty(), DraganGP(), Consistency(noise_size=NOISE))
    both = PenaltySum(PenaltySum(*parts[:2]), *parts[2:])
    noise = both.draw(real, Rng(2))
    assert noise is not None
    assert noise.shape == (8, 1 + 3 + 12)
    pieces = (None, noise[:, :1], None, noise[:, 1:4], noise[:, 4:])
    expected = [part(critic, real, fake, u) for part, u in zip(parts, pieces, strict=True)]
    torch.testing.assert_close(both(critic, real, fake, noise), torch.stack(expected).sum())
    assert not both.batch_coupled
    assert PenaltySum(R1(), NearestGP()).batch_coupled
    assert PenaltySum(R1(), R2()) == PenaltySum(R1(), R2()) != PenaltySum(R2())
    with pytest.raises(ValueError, match=r"\(8, 16\)"):
        both(critic, real, fake, noise[:, 1:])


def test_the_registry_holds_the_published_weights() -> None:
    assert set(PENALTIES) == {
        "none", "interpolated", "interpolated-one-sided", "r1", "r2", "dragan", "consistency",
        "nearest",
    }  # fmt: skip
    assert PENALTIES["interpolated-one-sided"]() == InterpolatedGP(10.0, cost=one_sided)
    assert PENALTIES["consistency"]() == Consistency(2.0, 0.1, 0.0)
    assert PENALTIES["r1"](weight=3.0) == R1(3.0)

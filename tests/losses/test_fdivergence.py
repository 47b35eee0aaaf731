import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from gansmith.losses.fdivergence import (
    F_DIVERGENCES,
    FDivergence,
    _jeffrey_conjugate,
    weighted_jensen_shannon,
)
from gansmith.theory import INTEGRANDS, divergence, from_f

NAMES = list(F_DIVERGENCES)
PI = 0.3


def normal(mean, std):
    return Normal(torch.tensor(mean, dtype=torch.float64), torch.tensor(std, dtype=torch.float64))


P, Q = normal(0.0, 1.0), normal(1.0, 1.0)

# t inside dom f*, where the supremum is met for some u in (0, inf)
DOMAIN = {
    "total-variation": (-2, 0.5),
    "kl": (-4, 3),
    "reverse-kl": (-8, -0.05),
    "pearson": (-5, 8),
    "neyman": (-8, 0.95),
    "squared-hellinger": (-8, 0.9),
    "jeffrey": (-8, 3),
    "jensen-shannon": (-4, math.log(2) - 0.01),
    "weighted-jensen-shannon": (-4, -PI * math.log(PI) - 0.01),
    "gan-divergence": (-4, -0.01),
}
UPPER = {  # the end of dom f*, where it has one
    "total-variation": 0.5,
    "reverse-kl": 0.0,
    "neyman": 1.0,
    "squared-hellinger": 1.0,
    "jensen-shannon": math.log(2),
    "weighted-jensen-shannon": -PI * math.log(PI),
    "gan-divergence": 0.0,
}
THRESHOLD = dict.fromkeys(NAMES, 0.0) | {"kl": 1, "reverse-kl": -1, "gan-divergence": -math.log(2)}


def double(low, high, n=121):
    return torch.linspace(low, high, n, dtype=torch.float64)


def best_logit(name, r):
    """The logit whose activation is T* = f'(u), for log u = r."""
    u = r.exp()
    return {
        "total-variation": 100 * r.sign(),
        "kl": 1 + r,
        "reverse-kl": r,
        "pearson": 2 * (u - 1),
        "neyman": 2 * r,
        "squared-hellinger": r / 2,
        "jeffrey": r + 1 - 1 / u,
        "jensen-shannon": r,
        "weighted-jensen-shannon": -torch.expm1(PI * torch.log1p((1 - PI) / (PI * u))).log(),
        "gan-divergence": r,
    }[name]


def log_ratio(x, p=P, q=Q):
    """log p/q of two normals, in torch."""
    zp, zq = (x - p.mean) / p.stddev, (x - q.mean) / q.stddev
    return (zq**2 - zp**2) / 2 + (q.stddev / p.stddev).log()


def spread(n, rng):
    """n standard normal numbers, one in each n-th part of the mass: little sampling noise."""
    share = (torch.arange(n) + torch.rand(n, generator=rng, dtype=torch.float64)) / n
    return torch.special.ndtri(share)


def slope(fn, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(fn(x).sum(), x)[0]


def test_the_ten_rows_are_there():
    assert NAMES == [
        "total-variation", "kl", "reverse-kl", "pearson", "neyman", "squared-hellinger", "jeffrey",
        "jensen-shannon", "weighted-jensen-shannon", "gan-divergence",
    ]  # fmt: skip
    assert set(NAMES) == set(INTEGRANDS) - {"triangular"}


@pytest.mark.parametrize("name", NAMES)
def test_conjugate_is_the_supremum(name):
    row = F_DIVERGENCES[name]
    u = double(-25, 12, 100_001).exp()
    t = double(*DOMAIN[name], 61)
    brute = torch.stack([(u * at - row.f(u)).max() for at in t])
    torch.testing.assert_close(row.conjugate(t), brute, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_conjugate_at_the_slope_is_youngs_equality(name):
    row = F_DIVERGENCES[name]
    u = torch.cat([double(-3, -0.05), double(0.05, 2.5)]).exp()
    du = slope(row.f, u)
    torch.testing.assert_close(row.conjugate(du), u * du - row.f(u), atol=1e-9, rtol=1e-9)


CURVED = [name for name in NAMES if name != "total-variation"]  # whose f has a kink instead


@pytest.mark.parametrize("name", CURVED)
def test_conjugate_slope_is_the_ratio(name):
    row = F_DIVERGENCES[name]
    u = double(-3, 2.5).exp()
    torch.testing.assert_close(slope(row.conjugate, slope(row.f, u)), u, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_value_and_threshold_at_one(name):
    row = F_DIVERGENCES[name]
    assert row.offset == pytest.approx(-math.log(4) if name == "gan-divergence" else 0, abs=1e-15)
    assert row.threshold == pytest.approx(THRESHOLD[name], abs=1e-12)
    assert row.multiple == (2 if name == "jensen-shannon" else 1)


@pytest.mark.parametrize("name", NAMES)
def test_activation_stays_in_the_domain_and_rises(name):
    row = F_DIVERGENCES[name]
    v = double(-30, 30, 1201)
    t = row.activation(v)
    assert (t <= UPPER.get(name, math.inf)).all()
    assert (t.diff() >= 0).all()
    if name == "total-variation":
        assert (t >= -0.5).all()


@pytest.mark.parametrize("name", NAMES)
def test_composite_equals_conjugate_of_activation(name):
    row = F_DIVERGENCES[name]
    v = double(-12, 12, 481)
    t, stable = row.activation(v), row.composite(v)
    torch.testing.assert_close(row.conjugate(t), stable, rtol=1e-6, atol=1e-6)
    # the slopes too: d f*(T) / dv = f*'(T) dT / dv
    torch.testing.assert_close(
        slope(lambda v: row.conjugate(row.activation(v)), v),
        slope(row.composite, v),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("name", NAMES)
def test_float32_composite_agrees_with_float64(name):
    row = F_DIVERGENCES[name]
    v = torch.linspace(-60, 60, 961)
    got = row.composite(v)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, row.composite(v.double()).float(), rtol=2e-5, atol=1e-6)
    torch.testing.assert_close(
        slope(row.composite, v), slope(row.composite, v.double()).float(), rtol=1e-4, atol=1e-12
    )


@pytest.mark.parametrize(
    ("name", "at"),
    [("kl", 30), ("reverse-kl", -30), ("neyman", -30), ("squared-hellinger", 30),
     ("squared-hellinger", -30), ("jeffrey", 30), ("weighted-jensen-shannon", 30)],
)  # fmt: skip
def test_continuation_is_smooth(name, at):
    row = F_DIVERGENCES[name]
    sides = torch.tensor([at - 1e-7, at + 1e-7], dtype=torch.float64)
    for fn in (row.activation, row.composite):
        torch.testing.assert_close(*fn(sides).unbind(), rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(*slope(fn, sides).unbind(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["kl", "squared-hellinger"])
def test_overflow_continues_linearly(name):
    slopes = slope(F_DIVERGENCES[name].composite, torch.tensor([31.0, 100.0, 1e4]))
    torch.testing.assert_close(slopes, slopes[:1].expand(3), rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", ["reverse-kl", "neyman", "squared-hellinger"])
def test_continued_activation_and_composite_still_belong_together(name):
    """Beyond the limit too, f* is that of the activation used: the bound stays a bound."""
    row = F_DIVERGENCES[name]
    v = double(-1e4, -31)
    torch.testing.assert_close(
        row.conjugate(row.activation(v)), row.composite(v), rtol=1e-9, atol=0
    )


def test_pearson_is_flat_below_its_domain_but_reals_are_still_pushed_up():
    row = F_DIVERGENCES["pearson"]
    v = torch.tensor([-2.0, -2.5, -100.0])
    torch.testing.assert_close(row.composite(v), torch.full((3,), -1.0))
    torch.testing.assert_close(row.conjugate(v), torch.full((3,), -1.0))
    torch.testing.assert_close(slope(row.composite, v), torch.zeros(3))
    torch.testing.assert_close(slope(lambda r: row.d(r, v), v), torch.full((3,), -1 / 3))


def test_jeffrey_against_lambert_w():
    from scipy.special import lambertw

    t = double(-500, 60, 2001)
    w = torch.from_numpy(lambertw((1 - t).exp().numpy()).real)
    torch.testing.assert_close(_jeffrey_conjugate(t), w + 1 / w + t - 2, rtol=1e-10, atol=1e-10)


def test_jeffrey_derivatives():
    t = torch.tensor([-50.0, -3.0, -0.1, 0.0, 0.9, 1.1, 4.0], dtype=torch.float64)
    t.requires_grad_()
    assert torch.autograd.gradcheck(_jeffrey_conjugate, t)
    assert torch.autograd.gradgradcheck(_jeffrey_conjugate, t)


@pytest.mark.parametrize("name", NAMES)
def test_tight_at_the_best_logit(name):
    row = F_DIVERGENCES[name]
    x = double(-14, 14, 20_001)
    v = best_logit(name, log_ratio(x))
    p, q = (n.log_prob(x).exp() for n in (P, Q))
    inside = torch.trapezoid(p * row.activation(v) - q * row.composite(v), x).item()
    exact = divergence(name, P, Q)
    assert (inside - row.offset) / row.multiple == pytest.approx(exact, abs=1e-3)
    # the same through the method that users call, on samples
    z = spread(200_000, torch.Generator().manual_seed(0))
    real, fake = best_logit(name, log_ratio(z)), best_logit(name, log_ratio(z + 1))
    got = row.divergence(real, fake)
    assert got.dtype == torch.float64
    assert got.item() == pytest.approx(exact, rel=0.01)


class Critic(nn.Module):
    """A small smooth net on the line."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh())
        self.out = nn.Linear(24, 1)

    def forward(self, x):
        return self.out(self.body(x.unsqueeze(-1))).squeeze(-1)


def trained(critic, objective, p, q, steps=500, n=1024, seed=0):
    """The divergence that a trained critic reports on fresh samples."""
    rng = torch.Generator().manual_seed(seed)

    def draw(count):
        return ((n.mean + n.stddev * spread(count, rng)).float() for n in (p, q))

    adam = torch.optim.Adam(critic.parameters(), lr=0.01)
    plan = torch.optim.lr_scheduler.OneCycleLR(adam, 0.02, total_steps=steps)
    for _ in range(steps):
        adam.zero_grad()
        loss = objective.d(*(critic(x) for x in draw(n)))
        loss.backward()
        adam.step()
        plan.step()
    with torch.no_grad():
        return objective.divergence(*(critic(x) for x in draw(100_000))).item()


@pytest.mark.parametrize("name", NAMES)
def test_trained_critic_reads_the_divergence(name, seed, within):
    torch.manual_seed(seed)
    got = trained(Critic(), F_DIVERGENCES[name], P, Q, seed=seed)
    within({"of the exact": got / divergence(name, P, Q)}, {"of the exact": (0.95, 1.05)})


@pytest.mark.parametrize("name", NAMES)
def test_a_linear_logit_reads_less_and_never_more(name, seed, within):
    """Unequal spreads: the best logit is quadratic, so a linear one stays under the divergence."""
    torch.manual_seed(seed)
    q = normal(0.3, 1.3)
    linear = nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))
    row = F_DIVERGENCES[name]
    exact = divergence(name, P, q)

    def draw(n, rng):
        z = torch.randn(2, n, generator=rng)
        return z[0], (q.mean + q.stddev * z[1]).float()

    rng = torch.Generator().manual_seed(1 + seed)
    adam = torch.optim.Adam(linear.parameters(), lr=0.02)
    for _ in range(200):
        adam.zero_grad()
        row.d(*(linear(x.unsqueeze(-1)) for x in draw(1024, rng))).backward()
        adam.step()
    with torch.no_grad():
        real, fake = (linear(x.unsqueeze(-1)) for x in draw(100_000, rng))
        t, c = row.activation(real), row.composite(fake)
        error = math.sqrt((t.var() + c.var()).item() / len(t)) / row.multiple
        got = row.divergence(real, fake).item()
    within(
        {"errors above the exact": (got - exact) / error, "of the exact": got / exact},
        {"errors above the exact": (-math.inf, 2), "of the exact": (-math.inf, 0.8)},
    )


# --- your own f ---------------------------------------------------------------------------------


def triangular(u):
    return (u - 1) ** 2 / (u + 1)


def test_own_f_with_nothing_else_given(seed, within):
    own = FDivergence(triangular, quantity="triangular discrimination")
    assert (own.offset, own.quantity) == (0, "triangular discrimination")
    exact = divergence("triangular", P, Q)
    torch.manual_seed(seed)
    got = trained(Critic(), own, P, Q, steps=300, seed=seed)
    within({"of the exact": got / exact}, {"of the exact": (0.95, 1.05)})


@pytest.mark.parametrize("name", CURVED)
def test_own_f_numerics_agree_with_the_table(name):
    row = F_DIVERGENCES[name]
    own = FDivergence(row.f)
    r = double(-6, 6)
    torch.testing.assert_close(own.activation(r), slope(row.f, r.exp()), rtol=1e-9, atol=1e-9)
    want = row.composite(best_logit(name, r))
    torch.testing.assert_close(own.composite(r), want, rtol=1e-6, atol=1e-6)
    t = double(*DOMAIN[name], 31)
    torch.testing.assert_close(own.conjugate(t), row.conjugate(t), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(
        slope(own.conjugate, t), slope(row.conjugate, t), rtol=1e-6, atol=1e-6
    )


def test_own_activation_with_numeric_conjugate():
    row = F_DIVERGENCES["total-variation"]
    own = FDivergence(row.f, activation=row.activation)
    v = double(-5, 5).requires_grad_()
    torch.testing.assert_close(own.composite(v), row.composite(v), rtol=1e-9, atol=1e-9)
    few = double(-3, 3, 7).requires_grad_()
    assert torch.autograd.gradcheck(own.composite, few)
    given = FDivergence(row.f, conjugate=lambda t: t + 7, activation=row.activation)
    torch.testing.assert_close(given.composite(v), row.composite(v) + 7)


def test_own_f_offset_is_taken_off():
    own = FDivergence(lambda u: u * u.log() + 3)
    assert own.offset == 3
    v = torch.zeros(4)
    torch.testing.assert_close(own.divergence(v, v), torch.tensor(0.0))
    plain = divergence(from_f(lambda u: u * 0 + 1.0), P, Q)
    assert plain == pytest.approx(1)  # a constant in f adds just that constant


@pytest.mark.parametrize("f", [triangular, lambda u: u**3, lambda u: 1 / u, lambda u: -u.sqrt()])
def test_own_f_is_stable_and_differentiable(f):
    own = FDivergence(f)
    v = torch.tensor([0, 1e-3, 1, 10, 30, 100, 1e3, 1e4])
    v = torch.cat([-v.flip(0), v])
    for fn in (own.activation, own.composite):
        assert fn(v).dtype == torch.float32
        assert fn(v).isfinite().all()
        assert (fn(v).diff() >= -1e-4).all()  # the terms of f* cancel down to rounding
        assert slope(fn, v).isfinite().all()
        assert (slope(fn, v) >= -1e-6).all()
    exact = double(-3, 3, 7).requires_grad_()
    assert torch.autograd.gradcheck(own.d, (exact, exact.detach().clone().requires_grad_()))
    recorded = own.d(exact, exact)
    assert not own.d(exact.detach(), exact.detach()).requires_grad
    with torch.no_grad():
        silent = own.d(exact, exact)
        assert not own.activation(exact).requires_grad
    torch.testing.assert_close(silent, recorded.detach())


@pytest.mark.parametrize(
    ("f", "where"),
    [(lambda u: u.log(), ""), (lambda u: (u - 3).abs() * -1, r"u = (2\.9|3)"), (torch.sin, "")],
)
def test_f_that_is_not_convex_is_refused(f, where):
    with pytest.raises(
        ValueError, match="must be convex on u > 0; its slope falls near .*" + where
    ):
        FDivergence(f)


def test_f_whose_curvature_is_not_finite_needs_an_activation():
    """f''(1) of |u - 1|^1.5 is infinite: a logit of 0, as of a zero-initialized layer, gave NaN."""

    def f(u):
        return (u - 1).abs() ** 1.5

    with pytest.raises(ValueError, match=r"no gradient at the logit v = 0; give activation="):
        FDivergence(f)
    own = FDivergence(f, activation=lambda v: v)
    t = double(-1.4, 3, 45)  # f* by hand: t + 4 t^3 / 27 for t >= 0, the mirror image below
    torch.testing.assert_close(own.composite(t), t + 4 * t.abs() ** 3 / 27, rtol=1e-6, atol=1e-6)
    assert slope(own.composite, torch.zeros(3)).tolist() == pytest.approx([1, 1, 1])


def test_other_unusable_arguments_are_refused():
    with pytest.raises(ValueError, match=r"piecewise linear.*give activation="):
        FDivergence(lambda u: (u - 1).abs() / 2)
    with pytest.raises(ValueError, match="finite for every u > 0"):
        FDivergence(lambda u: torch.sqrt(u - 1) * -1)
    with pytest.raises(TypeError, match="same shape, elementwise"):
        FDivergence(lambda u: u.sum())
    with pytest.raises(ValueError, match="give the activation it belongs to"):
        FDivergence(triangular, composite=lambda v: v)
    with pytest.raises(ValueError, match="multiple must be positive; got 0"):
        FDivergence(triangular, multiple=0)
    for pi in (0.0, 1.0, -1.0):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            weighted_jensen_shannon(pi)


def test_weighted_jensen_shannon_at_one_half_is_jsd():
    half, js = weighted_jensen_shannon(0.5), F_DIVERGENCES["jensen-shannon"]
    u = double(-3, 3).exp()
    torch.testing.assert_close(2 * half.f(u), js.f(u))

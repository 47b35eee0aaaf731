import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from known import exact, gaussian, mixture, normal
from scipy.special import ndtri
from torch.distributions import Bernoulli, Beta, Categorical, Cauchy, Exponential, Laplace, Uniform

from gansmith.losses.objectives import OBJECTIVES
from gansmith.metrics import wasserstein_1d
from gansmith.theory import (
    INTEGRANDS,
    divergence,
    from_f,
    game_value,
    optimal_discriminator,
    wasserstein,
    weighted_jsd_integrand,
)
from gansmith.theory.gaussians import CLOSED_FORMS
from gansmith.theory.line import integral

STANDARD = normal(0, 1)
F_NAMES = [name for name in CLOSED_FORMS if name in INTEGRANDS]


@pytest.mark.parametrize("name", F_NAMES)
@pytest.mark.parametrize("q", [(1, 1), (-0.5, 1.3), (0.2, 0.9), (9, 1)])
def test_closed_form_equals_quadrature(name, q):
    p, q = normal(0.1, 1.1), normal(*q)
    want = pytest.approx(divergence(name, p, q), rel=1e-8, abs=1e-8)
    assert integral(INTEGRANDS[name], p, q) == want


def test_every_closed_form_is_checked_against_quadrature_or_quantiles():
    assert set(CLOSED_FORMS) - set(F_NAMES) == {"wasserstein-1", "wasserstein-2"}
    assert len(F_NAMES) == 7


def test_the_names_are_those_of_the_objectives():
    assert set(OBJECTIVES) >= set(INTEGRANDS) - {"triangular"}


@pytest.mark.parametrize("d", [0.5, 1.0, 3.0])
def test_textbook_values_of_a_shift(d):
    q = normal(d, 1)
    assert divergence("kl", STANDARD, q) == pytest.approx(d * d / 2)
    assert divergence("squared-hellinger", STANDARD, q) == pytest.approx(
        2 - 2 * math.exp(-d * d / 8)
    )
    assert divergence("total-variation", STANDARD, q) == pytest.approx(math.erf(d / 8**0.5))
    assert divergence("pearson", STANDARD, q) == pytest.approx(math.exp(d * d) - 1)
    assert wasserstein(STANDARD, q) == pytest.approx(d)
    assert wasserstein(STANDARD, q, 2) == pytest.approx(d)


@pytest.mark.parametrize("name", INTEGRANDS)
@pytest.mark.parametrize(
    "p", [normal(2, 3), mixture((0.3, -1, 0.2), (0.7, 4, 2)), Cauchy(0.0, 1.0)]
)
def test_nothing_between_equals(name, p):
    assert divergence(name, p, p) == pytest.approx(0, abs=1e-12)


def test_kl_has_a_direction():
    """The notes list symmetry among its properties; it has none."""
    p, q = normal(0, 1), normal(0, 2)
    assert divergence("kl", p, q) == pytest.approx(math.log(2) + 1 / 8 - 1 / 2)
    assert divergence("kl", q, p) == pytest.approx(-math.log(2) + 2 - 1 / 2)
    assert divergence("reverse-kl", p, q) == divergence("kl", q, p)


def test_pearson_is_infinite_when_q_is_too_narrow():
    for exactly in (divergence, lambda name, *pair: integral(INTEGRANDS[name], *pair)):
        assert exactly("pearson", normal(0, 1.5), STANDARD) == math.inf
        assert exactly("neyman", STANDARD, normal(0, 1.5)) == math.inf
        assert exactly("pearson", normal(0, 1.4), STANDARD) == pytest.approx(18 / 7)


@pytest.mark.parametrize(
    ("d", "jsd"), [(0.5, 0.03031), (1, 0.11142), (2, 0.33683), (4, 0.63272), (6, 0.68930)]
)
def test_jensen_shannon_of_a_shift(d, jsd):
    q = normal(d, 1)
    assert divergence("jensen-shannon", STANDARD, q) == pytest.approx(jsd, abs=6e-6)
    assert divergence("gan-divergence", STANDARD, q) == pytest.approx(2 * jsd, abs=1.2e-5)
    half = divergence(weighted_jsd_integrand(0.5), STANDARD, q)
    assert half == pytest.approx(jsd, abs=6e-6)


@pytest.mark.parametrize(("d", "value"), [(1, -1.16345), (2, -0.71263), (4, -0.12085)])
def test_value_of_the_game(d, value):
    """-2 log 2 + 2 JSD: neither the JSD itself, nor with a maximum of -2 log 2."""
    assert game_value(STANDARD, normal(d, 1)) == pytest.approx(value, abs=6e-6)


def test_the_largest_jsd_is_log_2_and_the_game_is_then_worth_nothing():
    far = normal(100, 1)
    assert divergence("jensen-shannon", STANDARD, far) == pytest.approx(math.log(2), abs=1e-12)
    assert game_value(STANDARD, far) == pytest.approx(0, abs=1e-12)
    assert game_value(STANDARD, STANDARD) == pytest.approx(-2 * math.log(2))


def test_disjoint_supports():
    p, q = (Uniform(exact(left), exact(left + 1.0)) for left in (0.0, 2.0))
    assert divergence("jensen-shannon", p, q) == pytest.approx(math.log(2), abs=1e-12)
    assert divergence("total-variation", p, q) == pytest.approx(1, abs=1e-12)
    assert divergence("squared-hellinger", p, q) == pytest.approx(2, abs=1e-12)
    assert divergence("triangular", p, q) == pytest.approx(2, abs=1e-12)
    for name in ("kl", "reverse-kl", "pearson", "neyman", "jeffrey"):
        assert divergence(name, p, q) == math.inf


def test_jumps_are_borders_of_panels():
    p, q = Uniform(exact(0.0), exact(1.0)), Uniform(exact(0.5), exact(3.0))
    assert divergence("total-variation", p, q) == pytest.approx(0.8, abs=1e-12)


def test_heavy_tails_and_half_lines():
    c = Cauchy(exact(0.0), exact(1.0))
    shifted = Cauchy(exact(2.0), exact(1.0))
    assert divergence("total-variation", c, shifted) == pytest.approx(0.5, abs=1e-8)
    assert divergence("kl", c, shifted) == pytest.approx(math.log(2), abs=1e-8)
    assert divergence("kl", c, STANDARD) == math.inf
    e = Exponential(exact(1.0))
    assert divergence("kl", e, Exponential(exact(3.0))) == pytest.approx(2 - math.log(3), abs=1e-9)


def test_narrow_modes_far_apart_are_not_missed():
    p = mixture((0.5, -1000, 0.01), (0.5, 1000, 0.01))
    q = mixture((0.5, -1000, 0.01), (0.5, 1000, 0.02))
    want = 0.5 * divergence("kl", normal(0, 0.01), normal(0, 0.02))
    assert divergence("kl", p, q) == pytest.approx(want, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("kl", lambda u: u * np.log(u)),
        ("reverse-kl", lambda u: -np.log(u)),
        ("pearson", lambda u: (u - 1) ** 2),
        ("neyman", lambda u: (1 - u) ** 2 / u),
        ("triangular", lambda u: (u - 1) ** 2 / (u + 1)),
    ],
)
def test_any_f_by_quadrature(name, f):
    """In particular (u - 1)^2 is int (p - q)^2 / q: tables that swap it with Neyman's are wrong."""
    q = normal(0.7, 1.2)
    assert divergence(from_f(f), STANDARD, q) == pytest.approx(
        divergence(name, STANDARD, q), rel=1e-6
    )


MEANS = ([0.0, 1.0], [0.5, 0.2])
COVARIANCES = ([[1.0, 0.3], [0.3, 0.5]], [[1.3, 0.4], [0.4, 0.7]])


@pytest.mark.parametrize("name", ["kl", "pearson", "squared-hellinger", "neyman", "jeffrey"])
def test_gaussians_in_the_plane_equal_an_integral_over_it(name):
    p, q = (gaussian(m, c) for m, c in zip(MEANS, COVARIANCES, strict=True))
    axis = torch.linspace(-14, 14, 701, dtype=torch.float64)
    plane = torch.cartesian_prod(axis, axis)
    logs = (n.log_prob(plane).numpy() for n in (p, q))
    total = float(INTEGRANDS[name](*logs).sum()) * 0.04**2
    assert divergence(name, p, q) == pytest.approx(total, rel=1e-8)


def test_a_plane_of_independent_lines_adds_up():
    """KL of products is the sum; W2 squared too, and commuting covariances are like lines."""
    p, q = gaussian([0, 0], [[1, 0], [0, 4]]), gaussian([1, -2], [[2.25, 0], [0, 1]])
    lines = [(normal(0, 1), normal(1, 1.5)), (normal(0, 2), normal(-2, 1))]
    assert divergence("kl", p, q) == pytest.approx(sum(divergence("kl", *pair) for pair in lines))
    squares = sum(wasserstein(*pair, 2) ** 2 for pair in lines)
    assert wasserstein(p, q, 2) ** 2 == pytest.approx(squares)


def test_a_shift_in_many_dimensions():
    d = [3.0, 4.0, 0.0]
    eye = torch.eye(3).tolist()
    p, q = gaussian([0.0] * 3, eye), gaussian(d, eye)
    assert wasserstein(p, q) == pytest.approx(5)
    assert divergence("total-variation", p, q) == pytest.approx(math.erf(5 / 8**0.5))


def test_categorical_distributions():
    p = Categorical(exact([0.5, 0.5, 0.0]))
    q = Categorical(exact([0.25, 0.5, 0.25]))
    assert divergence("kl", p, q) == pytest.approx(0.5 * math.log(2))
    assert divergence("reverse-kl", p, q) == math.inf
    assert divergence("total-variation", p, q) == pytest.approx(0.25)
    assert divergence("pearson", p, q) == pytest.approx(0.25 + 0.25)
    mid = [0.375, 0.5, 0.125]
    jsd = 0.5 * sum(
        x * math.log(x / m)
        for row in (p, q)
        for x, m in zip(row.probs.tolist(), mid, strict=True)
        if x
    )
    assert divergence("jensen-shannon", p, q) == pytest.approx(jsd)


@pytest.mark.parametrize("p", [normal(0.4, 2), normal(-0.7, 0.2)])
def test_wasserstein_of_unequal_spread_matches_quantiles(p):
    q = normal(-0.3, 0.5)
    z = torch.from_numpy(ndtri((np.arange(200_000) + 0.5) / 200_000))
    gap = (p.mean + p.stddev * z) - (q.mean + q.stddev * z)
    assert wasserstein(p, q) == pytest.approx(float(gap.abs().mean()), abs=1e-4)
    assert wasserstein(p, q, 2) == pytest.approx(float((gap**2).mean().sqrt()), abs=1e-4)


def test_wasserstein_of_other_densities():
    p, q = Laplace(exact(0.0), exact(1.0)), Laplace(exact(3.0), exact(1.0))
    assert wasserstein(p, q) == pytest.approx(3, abs=1e-9)
    assert wasserstein(p, q, 2) == pytest.approx(3, abs=1e-6)
    e, f = Exponential(exact(1.0)), Exponential(exact(2.0))  # x = -log(1 - u) / rate
    assert wasserstein(e, f) == pytest.approx(0.5, abs=1e-9)
    assert wasserstein(e, f, 2) == pytest.approx(0.5**0.5, abs=1e-6)
    two = mixture((0.5, -1, 0.1), (0.5, 2, 0.3))
    samples = two.sample((200_000,)), normal(0, 1).sample((200_000,))
    assert wasserstein(two, STANDARD) == pytest.approx(wasserstein_1d(*samples), abs=0.02)


def test_optimal_discriminator():
    best = optimal_discriminator(normal(0, 1), normal(2, 1))
    x = torch.linspace(-40, 40, 401, dtype=torch.float64)
    torch.testing.assert_close(best(x), torch.sigmoid(2 - 2 * x))
    masses = [n.log_prob(x).exp() for n in (normal(0, 1), normal(2, 1))]
    off = ((best(x) - 0.5).abs() * sum(masses) / 2).sum() * 0.2
    assert float(off) == pytest.approx(0.6827 / 2, abs=1e-3)


def test_with_four_fakes_for_each_real_example_d_leans():
    """p / (p + 4 q), the answer to unequal counts."""
    p, q = normal(0, 1), normal(1, 1)
    x = exact([0.5])
    assert float(optimal_discriminator(p, q, fakes=4)(x)) == pytest.approx(1 / 5)


def test_where_neither_has_mass_d_is_undecided_and_elsewhere_sure():
    p = Uniform(exact(0.0), exact(1.0), validate_args=False)
    q = Uniform(exact(2.0), exact(3.0), validate_args=False)
    best = optimal_discriminator(p, q)(exact([0.5, 1.5, 2.5]))
    assert best.tolist() == [1.0, 0.5, 0.0]


def test_its_value_is_that_of_the_game():
    p, q = normal(0, 1), normal(1.5, 1)
    x = torch.linspace(-30, 30, 6001, dtype=torch.float64)
    D = optimal_discriminator(p, q)(x)
    inside = p.log_prob(x).exp() * D.log() + q.log_prob(x).exp() * (1 - D).clamp(min=1e-300).log()
    assert float(torch.trapezoid(inside, x)) == pytest.approx(game_value(p, q), abs=1e-6)


def test_no_other_answer_is_worth_more():
    p, q = normal(0, 1), normal(1.5, 1)
    x = torch.linspace(-30, 30, 6001, dtype=torch.float64)
    for scale, (low, high) in ((0.9, (0, 1)), (1.1, (0, 1)), (1.0, (0.1, 0.9))):
        D = torch.sigmoid(scale * (1.125 - 1.5 * x)).clamp(max(low, 1e-12), min(high, 1 - 1e-12))
        inside = p.log_prob(x).exp() * D.log() + q.log_prob(x).exp() * (1 - D).log()
        assert float(torch.trapezoid(inside, x)) < game_value(p, q) - 1e-4


def test_jsd_does_not_see_how_far_two_lines_are_and_w_does():
    """arXiv:1701.07875, example 1, on the line: two narrow boxes that are moved apart."""
    jsd, w = [], []
    for theta in (0.5, 1.0, 2.0, 4.0):
        p, q = (Uniform(exact(x), exact(x + 0.01)) for x in (0.0, theta))
        jsd.append(divergence("jensen-shannon", p, q))
        w.append(wasserstein(p, q))
    assert jsd == pytest.approx([math.log(2)] * 4, abs=1e-12)
    assert w == pytest.approx([0.5, 1, 2, 4], abs=1e-9)
    assert all(a < b for a, b in pairwise(w))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="unknown divergence 'jsd'; choose one of total-variation"):
        divergence("jsd", STANDARD, STANDARD)
    with pytest.raises(ValueError, match="between 0 and 1; got 1"):
        weighted_jsd_integrand(1)
    with pytest.raises(ValueError, match="expected a density on the line"):
        divergence("kl", Bernoulli(0.5), STANDARD)
    with pytest.raises(ValueError, match="expected a density on the line"):
        divergence("jensen-shannon", *[gaussian(MEANS[0], COVARIANCES[0])] * 2)
    with pytest.raises(ValueError, match="of 2 and 1 dimensions"):
        divergence("kl", gaussian(MEANS[0], COVARIANCES[0]), STANDARD)
    with pytest.raises(ValueError, match="closed form on the line only; got 2 dimensions"):
        wasserstein(*(gaussian(m, c) for m, c in zip(MEANS, COVARIANCES, strict=True)))
    with pytest.raises(ValueError, match="over as many values"):
        divergence("kl", Categorical(exact([1.0])), Categorical(exact([0.5, 0.5])))
    with pytest.raises(ValueError, match="power 1 or 2; got 3"):
        wasserstein(STANDARD, STANDARD, 3)
    with pytest.raises(ValueError, match="no distribution function for Beta"):
        wasserstein(Beta(exact(2.0), exact(2.0)), STANDARD)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_close_gaussians_keep_their_digits(gap):
    """2 - 2 exp(-gap^2 / 8) and exp(gap^2) - 1, where the 1 takes all digits."""
    p, q = normal(0.0, 1.0), normal(gap, 1.0)
    assert divergence("squared-hellinger", p, q) == pytest.approx(gap**2 / 4, rel=1e-6)
    assert divergence("pearson", p, q) == pytest.approx(gap**2, rel=1e-5)

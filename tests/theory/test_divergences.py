import math

import numpy as np
import pytest
from scipy.special import ndtri

from gansmith.theory.divergences import (
    GAUSSIAN,
    INTEGRANDS,
    Normal,
    best_gaussian,
    divergence,
    from_f,
    optimal_discriminator,
    weighted_jensen_shannon,
)

STANDARD = Normal(0, 1)


def mixture(*parts):
    """log density of (weight, mean, std) parts."""
    logs = [(math.log(weight), Normal(mean, std)) for weight, mean, std in parts]
    return lambda x: np.logaddexp.reduce([lw + part.log_density(x) for lw, part in logs])


@pytest.mark.parametrize("name", [name for name in GAUSSIAN if name in INTEGRANDS])
@pytest.mark.parametrize("q", [Normal(1, 1), Normal(-0.5, 1.3), Normal(0.2, 0.9)])
def test_closed_form_equals_quadrature(name, q):
    p = Normal(0.1, 1.1)
    exact = GAUSSIAN[name](p, q)
    assert divergence(name, p.log_density, q.log_density, -25, 25) == pytest.approx(exact, abs=1e-6)


def test_every_gaussian_form_is_checked_somewhere():
    assert set(GAUSSIAN) - set(INTEGRANDS) == {"wasserstein-1", "wasserstein-2"}


@pytest.mark.parametrize("d", [0.5, 1.0, 3.0])
def test_textbook_values_of_a_shift(d):
    q = Normal(d, 1)
    assert GAUSSIAN["kl"](STANDARD, q) == pytest.approx(d * d / 2)
    assert GAUSSIAN["squared-hellinger"](STANDARD, q) == pytest.approx(2 - 2 * math.exp(-d * d / 8))
    assert GAUSSIAN["total-variation"](STANDARD, q) == pytest.approx(math.erf(d / 8**0.5))
    assert GAUSSIAN["pearson"](STANDARD, q) == pytest.approx(math.exp(d * d) - 1)
    assert GAUSSIAN["wasserstein-1"](STANDARD, q) == d
    assert GAUSSIAN["wasserstein-2"](STANDARD, q) == d


@pytest.mark.parametrize("name", GAUSSIAN)
def test_nothing_between_equals(name):
    assert GAUSSIAN[name](Normal(2, 3), Normal(2, 3)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("p", [Normal(0.4, 2), Normal(-0.7, 0.2)])
def test_wasserstein_of_unequal_spread_matches_quantiles(p):
    q = Normal(-0.3, 0.5)
    z = ndtri((np.arange(200_000) + 0.5) / 200_000)
    gap = (p.mean + p.std * z) - (q.mean + q.std * z)
    assert GAUSSIAN["wasserstein-1"](p, q) == pytest.approx(np.abs(gap).mean(), abs=1e-4)
    assert GAUSSIAN["wasserstein-2"](p, q) == pytest.approx(math.sqrt((gap**2).mean()), abs=1e-4)


def test_pearson_is_infinite_when_q_is_too_narrow():
    assert GAUSSIAN["pearson"](Normal(0, 1.5), STANDARD) == math.inf
    assert GAUSSIAN["neyman"](STANDARD, Normal(0, 1.5)) == math.inf
    assert math.isfinite(GAUSSIAN["pearson"](Normal(0, 1.4), STANDARD))


@pytest.mark.parametrize(
    ("d", "jsd"), [(0.5, 0.03031), (1, 0.11142), (2, 0.33683), (4, 0.63272), (6, 0.68930)]
)
def test_jensen_shannon_of_a_shift(d, jsd):
    logs = STANDARD.log_density, Normal(d, 1).log_density
    assert divergence("jensen-shannon", *logs, -10, 16) == pytest.approx(jsd, abs=6e-6)
    assert divergence("gan-divergence", *logs, -10, 16) == pytest.approx(2 * jsd, abs=1.2e-5)
    half = divergence(weighted_jensen_shannon(0.5), *logs, -10, 16)
    assert half == pytest.approx(jsd, abs=6e-6)


def test_disjoint_supports():
    def box(left):
        return lambda x: np.where((x >= left) & (x < left + 1), 0.0, -np.inf)

    def value(name):
        return divergence(name, box(0), box(2), -1, 4, points=50_001)

    assert value("jensen-shannon") == pytest.approx(math.log(2), abs=1e-3)
    assert value("total-variation") == pytest.approx(1, abs=1e-3)
    assert value("squared-hellinger") == pytest.approx(2, abs=1e-3)
    assert value("triangular") == pytest.approx(2, abs=1e-3)
    assert value("kl") == math.inf
    assert value("reverse-kl") == math.inf
    assert value("pearson") == math.inf


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("kl", lambda u: u * np.log(u)),
        ("reverse-kl", lambda u: -np.log(u)),
        ("neyman", lambda u: (1 - u) ** 2 / u),
        ("triangular", lambda u: (u - 1) ** 2 / (u + 1)),
    ],
)
def test_any_f_by_quadrature(name, f):
    logs = STANDARD.log_density, Normal(0.7, 1.2).log_density
    own = divergence(from_f(f), *logs, -12, 12)
    assert own == pytest.approx(divergence(name, *logs, -12, 12), rel=1e-6)


def test_optimal_discriminator():
    p, q = Normal(0, 1), Normal(2, 1)
    x = np.linspace(-40, 40, 401)
    best = optimal_discriminator(p.log_density, q.log_density)(x)
    np.testing.assert_allclose(best, 1 / (1 + np.exp(2 * x - 2)), rtol=1e-10)
    total = np.exp(p.log_density(x)) + np.exp(q.log_density(x))
    assert (np.abs(best - 0.5) * total / 2).sum() * 0.2 == pytest.approx(0.6827 / 2, abs=1e-3)


# The f-GAN paper's target .33 N(-1, .0625) + .67 N(2, 2); optima by independent quadrature.
MIXTURE_OPTIMA = {
    "kl": (1.0100, 1.8304, 0.2881),
    "reverse-kl": (1.5841, 1.6294, 0.2507),
    "jensen-shannon": (1.3125, 1.7525, 0.1298 / 2),
    "gan-divergence": (1.3125, 1.7525, 0.1298),
    "jeffrey": (1.3249, 1.7023, 0.5791),
    "pearson": (0.5663, 1.9268, 0.6616),
    "neyman": (1.8286, 1.5171, 0.4072),
    "squared-hellinger": (1.3175, 1.7316, 0.1366),
    "total-variation": (1.3398, 1.8782, 0.2411),
    "weighted-jensen-shannon": (1.2024, 1.7871, 0.0563),
}


@pytest.mark.parametrize("name", MIXTURE_OPTIMA)
def test_best_gaussian_for_the_fgan_mixture(name):
    target = mixture((0.33, -1, 0.25), (0.67, 2, math.sqrt(2)))
    points = 40_001 if name == "total-variation" else 2001  # it has kinks
    fit = best_gaussian(name, target, -12, 14, points=points)
    assert fit == pytest.approx(MIXTURE_OPTIMA[name], abs=1.5e-4)


def test_every_table_row_has_a_mixture_optimum():
    assert set(MIXTURE_OPTIMA) == set(INTEGRANDS) - {"triangular"}


TWO_MODES = mixture((0.5, -3, 0.5), (0.5, 3, 0.5))


def test_kl_covers_both_modes():
    fit = best_gaussian("kl", TWO_MODES, -15, 15)
    assert fit == pytest.approx((0, 3.0414, 1.1123), abs=1e-4)


@pytest.mark.parametrize(("name", "value"), [("reverse-kl", 0.6931), ("jensen-shannon", 0.2158)])
def test_reverse_kl_and_js_pick_one_mode(name, value):
    fit = best_gaussian(name, TWO_MODES, -15, 15)
    assert (abs(fit.mean), fit.std, fit.value) == pytest.approx((3, 0.5, value), abs=1e-4)


def test_js_has_a_worse_covering_optimum_which_wins_when_modes_are_nearer():
    fit = best_gaussian("jensen-shannon", TWO_MODES, -15, 15, starts=[(0, 3)])
    assert (abs(fit.mean), fit.value) == pytest.approx((0, 0.2972), abs=1e-4)
    nearer = mixture((0.5, -2, 0.5), (0.5, 2, 0.5))
    assert best_gaussian("jensen-shannon", nearer, -12, 12).value == pytest.approx(0.2010, abs=1e-4)


def test_mistakes_are_named():
    logs = STANDARD.log_density, STANDARD.log_density
    with pytest.raises(ValueError, match="unknown divergence 'jsd'; choose one of total-variation"):
        divergence("jsd", *logs, -1, 1)
    with pytest.raises(ValueError, match=r"lo < hi; got \[2, 1\]"):
        divergence("kl", *logs, 2, 1)
    with pytest.raises(ValueError, match="between 0 and 1; got 1"):
        weighted_jensen_shannon(1)

import math

import pytest
from known import FGAN, exact, mixture, normal
from torch.distributions import Laplace

from gansmith.theory import INTEGRANDS, best_gaussian, divergence

# Optima by independent quadrature; those in the paper agree to half a percent.
OPTIMA = {
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
TWO_MODES = mixture((0.5, -3, 0.5), (0.5, 3, 0.5))


@pytest.mark.parametrize("name", OPTIMA)
def test_best_gaussian_for_the_fgan_mixture(name):
    fit = best_gaussian(FGAN, name)
    assert fit == pytest.approx(OPTIMA[name], abs=1.5e-4)
    assert divergence(name, FGAN, normal(fit.mean, fit.std)) == pytest.approx(fit.value, abs=1e-6)


def test_every_table_row_has_an_optimum():
    assert set(OPTIMA) == set(INTEGRANDS) - {"triangular"}


def test_each_fit_is_best_under_its_own_divergence():
    """And the columns differ: KL of the fits by KL, reverse KL, JS, Jeffrey and Pearson."""
    names = ["kl", "reverse-kl", "jensen-shannon", "jeffrey", "pearson"]
    fits = {name: best_gaussian(FGAN, name) for name in names}
    table = {
        name: [divergence(name, FGAN, normal(fit.mean, fit.std)) for fit in fits.values()]
        for name in names
    }
    assert table["kl"] == pytest.approx([0.2881, 0.3648, 0.3049, 0.3107, 0.3171], abs=1e-4)
    for row, name in enumerate(names):
        assert min(table[name]) == table[name][row]


def test_kl_covers_both_modes():
    assert best_gaussian(TWO_MODES, "kl") == pytest.approx((0, 3.0414, 1.1123), abs=1e-4)


@pytest.mark.parametrize(("name", "value"), [("reverse-kl", 0.6931), ("jensen-shannon", 0.2158)])
def test_reverse_kl_and_js_pick_one_mode(name, value):
    fit = best_gaussian(TWO_MODES, name)
    assert (abs(fit.mean), fit.std, fit.value) == pytest.approx((3, 0.5, value), abs=1e-4)


def test_js_is_like_reverse_kl_only_where_modes_are_far_apart():
    """At +-3 its covering fit is the worse one; at +-2 it covers, where reverse KL still picks."""
    fit = best_gaussian(TWO_MODES, "jensen-shannon", starts=[(0, 3)])
    assert (abs(fit.mean), fit.value) == pytest.approx((0, 0.2972), abs=1e-4)
    nearer = mixture((0.5, -2, 0.5), (0.5, 2, 0.5))
    covering = best_gaussian(nearer, "jensen-shannon")
    assert (abs(covering.mean), covering.value) == pytest.approx((0, 0.2010), abs=1e-4)
    nearest = mixture((0.5, -1.5, 0.5), (0.5, 1.5, 0.5))
    assert abs(best_gaussian(nearest, "reverse-kl").mean) == pytest.approx(1.5, abs=0.05)


def test_maximum_likelihood_is_the_least_kl_and_so_has_the_moments_of_the_data():
    p = Laplace(exact(0.3), exact(1.0))
    fit = best_gaussian(p, "kl")
    assert (fit.mean, fit.std) == pytest.approx((0.3, math.sqrt(2)), abs=1e-4)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="unknown divergence 'js'"):
        best_gaussian(TWO_MODES, "js")

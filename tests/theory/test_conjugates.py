import math

import numpy as np
import pytest
import torch

from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.theory import CONJUGATES, supporting_lines
from gansmith.theory.conjugates import conjugate_of, f_of


def test_there_is_a_row_for_each_divergence():
    assert set(CONJUGATES) == set(F_DIVERGENCES)
    assert len(CONJUGATES) == 10


@pytest.mark.parametrize("name", CONJUGATES)
def test_offset_and_threshold(name):
    row = CONJUGATES[name]
    assert row.offset == pytest.approx(F_DIVERGENCES[name].offset, abs=1e-12)
    if name != "total-variation":  # its f has a kink at 1, with slopes from -1/2 to 1/2
        assert row.threshold == pytest.approx(F_DIVERGENCES[name].threshold, abs=1e-12)


@pytest.mark.parametrize("name", CONJUGATES)
def test_the_conjugate_is_the_supremum_inside_its_domain_and_infinite_beyond(name):
    row = CONJUGATES[name]
    u = np.exp(np.linspace(-22, 22, 400_001))
    low, high = max(row.low, -5.0), min(row.high, 3.0)
    for t in np.linspace(low + 0.02, high - 0.02, 7):
        assert (t * u - f_of(name, u)).max() == pytest.approx(
            float(conjugate_of(name, np.array(t))), abs=1e-4
        )
    if math.isfinite(row.high):
        beyond = (row.high + 0.1) * u - f_of(name, u)
        assert beyond.max() > 1e6


@pytest.mark.parametrize("name", CONJUGATES)
def test_the_activation_stays_inside_the_domain(name):
    row = CONJUGATES[name]
    T = F_DIVERGENCES[name].activation(torch.linspace(-30, 30, 6001, dtype=torch.float64))
    assert float(T.min()) >= row.low
    assert float(T.max()) <= row.high


@pytest.mark.parametrize("name", CONJUGATES)
def test_the_picture_draws_tangents_that_meet_f_from_below(name):
    left, right = supporting_lines(name).axes
    curve = left.lines[-1]
    assert curve.get_color() == "C0"
    f = curve.get_ydata()
    tangents = [line for line in left.lines if line.get_color() == "0.7"]
    assert len(tangents) == 5
    for line in tangents:
        assert (line.get_ydata() <= f + 1e-6 * (1 + np.abs(f))).all()
        assert (f - line.get_ydata()).min() < 0.01
    envelope = right.lines[-1].get_ydata()
    lines = [line for line in right.lines if line.get_color() == "0.7"]
    assert len(lines) == 5
    for line in lines:
        assert (line.get_ydata() <= envelope + 1e-6).all()

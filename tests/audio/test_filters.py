"""The classical filters: what they must leave and what they must take."""

import pytest
import torch

from gansmith.audio.filters import spectral_subtraction, wiener
from gansmith.core.rng import Rng
from gansmith.metrics.speech import si_sdr

FILTERS = pytest.mark.parametrize("clean_up", [spectral_subtraction, wiener])


def burst(seed: int, level: float):
    """A tone in the middle half, and white noise all along: (clean, noise)."""
    t = torch.arange(8192)
    tone = 0.3 * torch.sin(2 * torch.pi * 600 * t / 8000) * ((t > 2048) & (t < 6144))
    return tone.unsqueeze(0), level * Rng(seed).normal(1, 8192)


@FILTERS
@pytest.mark.parametrize("seed", range(3))
def test_steady_noise_goes_and_the_tone_stays(clean_up, seed):
    clean, noise = burst(seed, 0.1)
    made = clean_up(clean + noise, 8000)
    assert made.shape == clean.shape
    assert (
        si_sdr(estimate=made, clean=clean) - si_sdr(estimate=clean + noise, clean=clean)
    ).item() > 6
    assert made[:, :1500].square().mean() < 0.1 * noise[:, :1500].square().mean()
    middle = slice(3000, 5000)
    assert 0.9 < (made[:, middle].norm() / clean[:, middle].norm()).item() < 1.1


@FILTERS
def test_what_is_clean_is_hardly_changed(clean_up):
    clean, noise = burst(0, 1e-4)
    assert si_sdr(estimate=clean_up(clean + noise, 8000), clean=clean).item() > 25


@FILTERS
def test_silence_stays_silence(clean_up):
    assert not clean_up(torch.zeros(2, 4000), 8000).any()


def test_subtraction_takes_what_it_says():
    """Of steady noise of power N, X with |X|^2 = 5 N keeps (5 - over) N where that is positive."""
    _, noise = burst(1, 0.05)
    soft, hard = (spectral_subtraction(noise, 8000, over) for over in (1.0, 6.0))
    assert 0.1 < float(soft.square().mean() / noise.square().mean()) < 0.7
    assert float(hard.square().mean() / noise.square().mean()) < 0.05

"""Spectra against closed forms."""

import math

import pytest
import torch

from gansmith.audio import AudioError, istft, log_mel, log_spectrum, mel_bands, stft, window_size
from gansmith.audio.spectra import power
from gansmith.core.rng import Rng


def sine(hertz: float, amplitude: float = 1.0, rate: int = 8000, count: int = 8192):
    t = torch.arange(count, dtype=torch.float64) / rate
    return (amplitude * torch.sin(2 * torch.pi * hertz * t)).float().unsqueeze(0)


@pytest.mark.parametrize("count", [1, 63, 64, 1000, 8192])
@pytest.mark.parametrize("hop", [32, 64, 128])
def test_the_inverse_gives_the_sound_back(count, hop):
    wave = Rng(1).normal(3, count).double()
    spectra = stft(wave, 256, hop)
    assert spectra.shape == (3, 129, count // hop + 1)
    assert (istft(spectra, 256, hop, count) - wave).abs().max() < 1e-9


def test_too_few_frames_are_refused():
    with pytest.raises(AudioError, match="1 are missing"):
        istft(stft(sine(500), 256, 64)[:, :, :-1], 256, 64, 8192)


def test_a_bin_is_the_sum_it_is_said_to_be():
    wave, size, hop, k, m = Rng(2).normal(1, 600), 64, 16, 5, 20
    t = torch.arange(size)
    w = 0.5 - 0.5 * torch.cos(2 * torch.pi * t / size)
    part = wave[0, m * hop - size // 2 + t]
    want = (w * part * torch.exp(-2j * torch.pi * k * t / size)).sum()
    assert (stft(wave, size, hop)[0, k, m] - want).abs() < 1e-4


@pytest.mark.parametrize("hertz", [500.0, 1000.0, 1234.5, 3000.0])
@pytest.mark.parametrize("amplitude", [1.0, 0.1])
def test_a_sine_has_its_power(hertz, amplitude):
    inner = power(stft(sine(hertz, amplitude), 256, 64), 256).sum(1)[0, 4:-4]
    assert (inner / amplitude**2 - 1).abs().max() < 1e-3


def test_the_logarithm_has_a_floor_and_a_slope_there():
    wave = torch.zeros(1, 512, requires_grad=True)
    level = log_spectrum(wave, 256, 64)
    assert level.shape == (1, 1, 129, 9)
    assert (level + 70).abs().max() < 1e-3
    level.sum().backward()
    assert wave.grad.isfinite().all()


@pytest.mark.parametrize(
    ("rate", "size"), [(8000, 256), (16000, 512), (44100, 1024), (48000, 2048)]
)
def test_windows_are_about_32_ms(rate, size):
    assert window_size(rate) == size


def test_mel_bands_are_even_triangles():
    """Corners at 2595 log10(1 + f / 700), evenly; sums of 1 between the first and last middle."""
    bands = mel_bands(20, 4096, 16000)
    mels = torch.linspace(0, 2595 * math.log10(1 + 8000 / 700), 22)
    middles = 700 * (10 ** (mels[1:-1] / 2595) - 1)
    peaks = bands.argmax(1) * 16000 / 4096
    assert (peaks - middles).abs().max() <= 16000 / 4096
    bins = torch.arange(2049) * 16000 / 4096
    inside = (bins >= middles[0]) & (bins <= middles[-1])
    assert (bands.sum(0)[inside] - 1).abs().max() < 1e-5
    assert bands.sum(0)[~inside].max() < 1
    assert bands.min() == 0


def test_a_tone_lights_its_own_band():
    mels = torch.linspace(0, 2595 * math.log10(1 + 4000 / 700), 34)
    for band in (5, 16, 28):
        hertz = float(700 * (10 ** (mels[band + 1] / 2595) - 1))
        picture = log_mel(sine(hertz), 8000)
        assert picture.shape == (1, 1, 32, 32)
        assert picture.dtype == torch.uint8
        assert (picture[0, 0, :, 4:28].float().mean(1).argmax()) == band


def test_loudness_is_kept():
    """20 dB less are 63.75 of 255 steps less; full scale is about 255, silence 0."""
    loud, soft = (log_mel(sine(1000, a), 8000).float() for a in (1.0, 0.1))
    peak = loud[0, 0, :, 4:28].amax(0), soft[0, 0, :, 4:28].amax(0)
    assert (peak[0] - peak[1] - 63.75).abs().max() <= 1
    assert peak[0].min() > 245
    assert log_mel(torch.zeros(2, 8000), 8000).max() == 0


@pytest.mark.parametrize(
    ("count", "bands", "frames"), [(8192, 32, 32), (5000, 40, 33), (64, 8, 64)]
)
def test_the_shape_is_as_asked(count, bands, frames):
    assert log_mel(Rng(1).normal(3, count).clamp(-1, 1), 8000, bands, frames).shape == (
        3, 1, bands, frames,
    )  # fmt: skip
    assert (mel_bands(32, 512, 8000).sum(1) > 0).all()


def test_too_short_a_sound_is_refused():
    with pytest.raises(AudioError, match="T at least 32"):
        log_mel(torch.zeros(1, 31), 8000)

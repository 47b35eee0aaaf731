"""The radial spectrum on waves and noise whose power is known."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from gansmith.core.rng import Rng
from gansmith.metrics import high_frequency_ratio, radial_spectrum


def wave(frequency: int, size: int = 32) -> torch.Tensor:
    at = torch.arange(size) / size
    return torch.sin(math.tau * frequency * at).expand(4, 1, size, size).contiguous()


def noise(seed: int, size: int = 32) -> torch.Tensor:
    return Rng(seed).uniform(300, 1, size, size) - 0.5


@pytest.mark.parametrize("frequency", [3, 8, 13])
def test_a_wave_has_its_power_at_its_frequency(frequency: int) -> None:
    power = radial_spectrum(wave(frequency))
    assert power.shape == (17,)
    assert int(power.argmax()) == frequency


def test_white_noise_is_flat() -> None:
    power = radial_spectrum(noise(0))[2:]
    assert float(power.max() / power.min()) < 1.4


def test_blur_lowers_fine_detail_and_noise_raises_it() -> None:
    real = noise(0)
    blurred = F.avg_pool2d(real, 3, 1, 1)
    assert high_frequency_ratio(generated=blurred, real=real) < 0.2
    assert high_frequency_ratio(generated=noise(1), real=real) == pytest.approx(1, abs=0.05)
    assert high_frequency_ratio(generated=(2 * real).clamp(-1, 1), real=real) > 3


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="square images; got 8x9"):
        radial_spectrum(torch.zeros(2, 1, 8, 9))
    with pytest.raises(ValueError, match="one size"):
        high_frequency_ratio(generated=noise(0), real=noise(0, 16))
    with pytest.raises(ValueError, match="no fine detail"):
        high_frequency_ratio(generated=noise(0), real=torch.zeros(2, 1, 32, 32))


def test_brightness_is_no_detail() -> None:
    """The mean of an image is subtracted before the window is applied."""
    x = 0.5 * noise(0)
    torch.testing.assert_close(radial_spectrum(x + 0.3), radial_spectrum(x), atol=1e-4, rtol=1e-4)
    assert float(radial_spectrum(torch.full((2, 1, 16, 16), 0.7)).max()) < 1e-9

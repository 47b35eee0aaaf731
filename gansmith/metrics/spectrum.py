"""How much of an image is fine detail: the radial power spectrum (arXiv:2003.01826, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.images import check_images, to_channels, to_float


def radial_spectrum(x: Tensor, *, chunk: int = 1000) -> Tensor:
    """Mean power of luma at spatial frequencies 0 .. S // 2: (B, C, S, S) -> (S // 2 + 1,).

    The mean of each image is subtracted, so that its brightness does not leak into other
    frequencies; then the image is multiplied by a Hann window, so that its borders make no edge.
    Power is |FFT|^2 averaged over the ring of frequencies that round to one radius, and over
    images. float64.
    Raises ValueError for images that are not square.
    """
    height, width = x.shape[-2:]
    if height != width:
        raise ValueError(f"the radial spectrum is of square images; got {height}x{width}")
    window = torch.hann_window(height, periodic=False, dtype=torch.float64)
    window = window[:, None] * window
    total = torch.zeros(height, height, dtype=torch.float64)
    for part in x.split(chunk):
        luma = to_channels(to_float(check_images(part)), 1)[:, 0].double()
        luma = luma - luma.mean((1, 2), keepdim=True)
        total += torch.fft.fft2(luma * window).abs().square().sum(0)
    axis = torch.fft.fftfreq(height, 1 / height, dtype=torch.float64)
    radius = (axis[:, None] ** 2 + axis**2).sqrt().round().long().flatten()
    rings = height // 2 + 1
    inside = radius < rings
    power = torch.zeros(rings, dtype=torch.float64)
    power.index_add_(0, radius[inside], total.flatten()[inside] / len(x))
    return power / radius[inside].bincount(minlength=rings)


def high_frequency_ratio(*, generated: Tensor, real: Tensor) -> float:
    """Power in the upper half of the radial spectrum, generated over real.

    Below 1: blur; above 1: noise, ringing, or a pattern of the upsampling. Raises ValueError when
    sizes differ or the real images hold no detail.
    """
    if generated.shape[-2:] != real.shape[-2:]:
        raise ValueError(
            "spectra can only be compared at one size; got "
            f"{tuple(generated.shape[-2:])} and {tuple(real.shape[-2:])}"
        )
    ours, theirs = (_fine(radial_spectrum(x)) for x in (generated, real))
    if theirs == 0:
        raise ValueError("the real images hold no fine detail: there is nothing to compare with")
    return ours / theirs


def _fine(power: Tensor) -> float:
    return float(power[len(power) // 2 :].sum())

"""Classical noise reduction: spectral subtraction and the Wiener filter.

Both assume stationary noise: its power in each bin is the mean over the quietest quarter of the
frames, so some frames must be without speech.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gansmith.audio.spectra import istft, stft, window_size

QUIETEST = 0.25  # of the frames, for the estimate of the noise
TINY = 1e-20


def spectral_subtraction(
    waveform: Tensor, rate: int, over: float = 4.0, floor: float = 0.01
) -> Tensor:
    """|S|^2 <- max(|X|^2 - over N, floor N), with the phase of X (Berouti and others 1979).

    waveform: (B, T). over: factor of the noise that is subtracted; floor: share of it that stays.
    """

    def gain(power: Tensor, noise: Tensor) -> Tensor:
        left = torch.maximum(power - over * noise, floor * noise)
        return (left / power.clamp(min=TINY)).sqrt().clamp(max=1)

    return _filtered(waveform, rate, gain)


def wiener(waveform: Tensor, rate: int, memory: float = 0.98) -> Tensor:
    """The Wiener filter r / (1 + r), r the speech-to-noise ratio (Scalart and Filho 1996).

        r[m] = memory G[m - 1]^2 |X[m - 1]|^2 / N + (1 - memory) max(|X[m]|^2 / N - 1, 0)

    in every bin, frame by frame: the decision-directed estimate. waveform: (B, T).
    """

    def gain(power: Tensor, noise: Tensor) -> Tensor:
        ratio = power / noise.clamp(min=TINY)  # (B, bins, frames)
        before = torch.ones_like(ratio[:, :, 0])
        gains = []
        for now in ratio.unbind(2):
            r = memory * before + (1 - memory) * (now - 1).clamp(min=0)
            gains.append(r / (1 + r))
            before = gains[-1].square() * now
        return torch.stack(gains, 2)

    return _filtered(waveform, rate, gain)


def _filtered(waveform: Tensor, rate: int, gain: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    size = window_size(rate)
    spectra = stft(waveform, size, size // 4)
    power = spectra.abs().square()
    count = max(1, round(QUIETEST * power.shape[2]))
    quiet = power.sum(1, keepdim=True).topk(count, 2, largest=False).indices  # (B, 1, count)
    noise = power.gather(2, quiet.expand(-1, power.shape[1], -1)).mean(2, keepdim=True)
    return istft(spectra * gain(power, noise), size, size // 4, waveform.shape[1]).clamp(-1, 1)

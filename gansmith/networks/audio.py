"""Audio to audio: by a mask on the spectrum, or on the waveform as in SEGAN (arXiv:1703.09452)."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.audio import istft, log_spectrum, stft, window_size
from gansmith.audio.spectra import decibels, power
from gansmith.core.latent import Latent
from gansmith.core.precision import upcast
from gansmith.networks.unet import UNet

RANGE = 35.0  # decibels per unit; the floor of 70 decibels below full scale is at -1
KERNEL = 31  # samples, as in the paper
STRIDE = 4
LEAKY_SLOPE = 0.3  # of D's activations, as in the paper
INPUT_GAIN = 16.0  # scales speech of normal loudness to about unit size
PREEMPHASIS = 0.95  # of the previous sample, as in the paper


def scale_decibels(level: Tensor) -> Tensor:
    """Decibels scaled for a network, to about [-1, 1]."""
    return level / RANGE + 1


class SpectralMaskUNet(nn.Module):
    """Speech enhancement by a mask on the spectrum, which a U-Net computes from the log spectrum.

        S = STFT(c),  y = ISTFT(m S),  m = (1 + UNet(log |S|^2)) / 2 in [0, 1].

    The phase is that of the input, and nothing is added that is not in it. Windows of 32 ms, with a
    hop of a quarter; the bin of 0 Hz has the mask of the next one.

    block: the multiple of samples at which a segment may begin. reach: radius of the receptive
    field, in samples.
    forward: z (unused), waveforms (B, T) of any length -> (B, T) in [-1, 1].
    """

    def __init__(self, rate: int, width: int = 16, depth: int = 4) -> None:
        super().__init__()
        self.size = window_size(rate)
        self.hop = self.size // 4
        self.net = UNet(2, 1, width, depth, dropout_steps=0)
        self.latent = Latent(1)
        self.block = self.hop * 2**depth
        self.reach = self.net.reach * self.hop + 2 * self.size

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        spectra = stft(upcast(c), self.size, self.hop)
        level = scale_decibels(decibels(power(spectra, self.size)))[
            :, None, 1:
        ]  # (B, 1, size / 2, frames)
        height = torch.linspace(-1, 1, level.shape[2], dtype=level.dtype, device=level.device)
        frequency = height[:, None].expand_as(level)
        mask = upcast(1 + self.net(z, torch.cat([level, frequency], 1))) / 2
        mask = torch.cat([mask[:, :, :1], mask], 2).squeeze(1)
        return istft(spectra * mask, self.size, self.hop, c.shape[1]).clamp(-1, 1)


class SpectrogramDiscriminator(nn.Module):
    """A discriminator of log spectra: those of a waveform and of its condition as two channels.

    net: (B, 2, bins, frames) -> logits (B,) or a map.
    forward: waveforms, conditioning waveforms -> logits.
    """

    def __init__(self, net: nn.Module, rate: int) -> None:
        super().__init__()
        self.net, self.size = net, window_size(rate)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        levels = [log_spectrum(upcast(wave), self.size, self.size // 4) for wave in (x, c)]
        return self.net(scale_decibels(torch.cat(levels, 1)))


def preemphasis(x: Tensor) -> Tensor:
    """Pre-emphasis x(t) - 0.95 x(t - 1), which raises the high frequencies: (B, T) -> (B, T).

    The sample before the first is 0.
    """
    return x - PREEMPHASIS * F.pad(x, (1, -1))


def preemphasis_distance(generated: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of two waveforms (B, T) after pre-emphasis."""
    return F.l1_loss(preemphasis(generated), preemphasis(target))


class SpectralDistance:
    """Mean absolute difference of two waveforms' log spectra, in units of 35 decibels.

    rate: samples a second, which sets the window.
    """

    def __init__(self, rate: int) -> None:
        self.size = window_size(rate)

    def __call__(self, generated: Tensor, target: Tensor) -> Tensor:
        a, b = (log_spectrum(upcast(x), self.size, self.size // 4) for x in (generated, target))
        return F.l1_loss(a, b) / RANGE


class WaveUNet(nn.Module):
    """SEGAN's generator (arXiv:1703.09452, figure 2): a U-Net of the waveform.

    Convolutions over 31 samples, PReLUs, skip connections; the code z joins in the middle. Departs
    from the paper in: the output is added to the input, in place of a hyperbolic tangent that has
    to learn to repeat it; samples are 16 times as large within the net, since speech is quiet;
    strides of 4 in place of two of 2; one code for the whole waveform, so that it does not depend
    on the length.

    block, reach: as in `SpectralMaskUNet`.
    forward: z (B, latent.dim), waveforms (B, T) of any length -> (B, T), in [-1, 1] in evaluation
    mode.
    """

    def __init__(self, width: int = 16, depth: int = 5) -> None:
        super().__init__()
        wide = [width * 2**step for step in range(depth)]
        self.latent = Latent(wide[-1])
        self.block = STRIDE**depth
        reach = 2 * sum((KERNEL + STRIDE) * STRIDE**step for step in range(depth))
        self.reach = -(-reach // self.block) * self.block
        self.down = nn.ModuleList(
            nn.Conv1d(before, after, KERNEL, STRIDE, KERNEL // 2)
            for before, after in pairwise([1, *wide])
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose1d(2 * before, after, KERNEL, STRIDE, (KERNEL + 1 - STRIDE) // 2, 1)
            for before, after in pairwise([*reversed(wide), 1])
        )
        self.activations = nn.ModuleList(nn.PReLU(count) for count in [*wide, *reversed(wide[:-1])])
        last = self.up[-1]
        nn.init.normal_(last.weight, 0, 1e-3)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        x = INPUT_GAIN * F.pad(c, (0, -c.shape[1] % self.block)).unsqueeze(1)
        depth, skips = len(self.down), []
        for step, layer in enumerate(self.down):
            x = self.activations[step](layer(x))
            skips.append(x)
        x = torch.cat([x, z[:, :, None].expand(-1, -1, x.shape[2])], 1)
        for step, layer in enumerate(self.up):
            x = layer(x)
            if step < depth - 1:
                x = torch.cat([self.activations[depth + step](x), skips[depth - 2 - step]], 1)
        y = c + x[:, 0, : c.shape[1]] / INPUT_GAIN
        return y if self.training else y.clamp(-1, 1)  # a clamp has no gradient outside


class WaveDiscriminator(nn.Module):
    """SEGAN's discriminator of a waveform and its condition (arXiv:1703.09452, section 3).

    The generator's encoder with batch norm and leaky ReLUs of slope 0.3, then one logit; both
    waveforms are pre-emphasized first. Departs from the paper in: batch norm in place of virtual
    batch norm.
    forward: waveforms (B, length), conditioning waveforms -> logits (B,).
    """

    def __init__(self, length: int, width: int = 16, depth: int = 5) -> None:
        super().__init__()
        chain: list[nn.Module] = []
        for before, after in pairwise([2, *(width * 2**step for step in range(depth))]):
            chain += [nn.Conv1d(before, after, KERNEL, STRIDE, KERNEL // 2)]
            chain += [nn.BatchNorm1d(after), nn.LeakyReLU(LEAKY_SLOPE)]
            length = -(-length // STRIDE)
        self.layers = nn.Sequential(*chain, nn.Conv1d(after, 1, 1), nn.Flatten())
        self.last = nn.Linear(length, 1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        pair = torch.stack([preemphasis(x), preemphasis(c)], 1)
        return self.last(self.layers(pair)).squeeze(1)


class WaveTranslator(nn.Module):
    """Waveforms to waveforms of the same length, by SEGAN's U-Net without a random code.

    block, reach: as in `SpectralMaskUNet`. forward: (B, T) in [-1, 1] -> (B, T).
    """

    def __init__(self, width: int = 16, depth: int = 5) -> None:
        super().__init__()
        self.net = WaveUNet(width, depth)
        self.block, self.reach = self.net.block, self.net.reach

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x.new_zeros(len(x), self.net.latent.dim), x)


class LogSpectrumDiscriminator(nn.Module):
    """A discriminator of the log spectrum of a waveform alone.

    net: (B, 1, bins, frames) -> logits (B,) or a map. forward: waveforms (B, T) -> logits.
    """

    def __init__(self, net: nn.Module, rate: int) -> None:
        super().__init__()
        self.net, self.size = net, window_size(rate)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(scale_decibels(log_spectrum(upcast(x), self.size, self.size // 4)))

"""Players that hear: sounds to sounds by their spectra, or sample by sample (arXiv:1703.09452)."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.audio import istft, log_spectrum, stft, window_size
from gansmith.audio.spectra import decibels, power
from gansmith.core.latent import Latent
from gansmith.losses.fdivergence import upcast
from gansmith.networks.unet import UNet

RANGE = 35.0  # decibels to one; the floor of 70 decibels below full scale lies at -1
KERNEL = 31  # samples, as in the paper
STRIDE = 4
LEAK = 0.3  # slope of D's rectifiers, as in the paper
LOUD = 16.0  # speech of everyday loudness is brought to about unit size
EMPHASIS = 0.95  # of the sample before, as in the paper


def seen(level: Tensor) -> Tensor:
    """Decibels as networks see them, about [-1, 1]."""
    return level / RANGE + 1


class Masker(nn.Module):
    """Sounds to sounds by a mask over their spectra, which a U-Net makes of the log spectrum.

        S = STFT(c),  made = ISTFT(m S),  m = (1 + UNet(log |S|^2)) / 2 in [0, 1].

    So the phase is that of what is given, and nothing is added that was not there. Windows of 32
    ms, four to a window; the bin of 0 Hz takes the mask of the one above.

    block: what a stretch may begin at a multiple of, in samples. reach: how far a sample of the
    answer may hear, in samples.
    forward: z (unused), sounds (B, T) of any length -> (B, T) in [-1, 1].
    """

    def __init__(self, rate: int, width: int = 16, depth: int = 4) -> None:
        super().__init__()
        self.size = window_size(rate)
        self.hop = self.size // 4
        self.net = UNet(2, 1, width, depth, noisy=0)
        self.latent = Latent(1)
        self.block = self.hop * 2**depth
        self.reach = self.net.reach * self.hop + 2 * self.size

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        spectra = stft(upcast(c), self.size, self.hop)
        level = seen(decibels(power(spectra, self.size)))[:, None, 1:]  # (B, 1, size / 2, frames)
        height = torch.linspace(-1, 1, level.shape[2], dtype=level.dtype, device=level.device)
        place = height[:, None].expand_as(level)
        mask = upcast(1 + self.net(z, torch.cat([level, place], 1))) / 2
        mask = torch.cat([mask[:, :, :1], mask], 2).squeeze(1)
        return istft(spectra * mask, self.size, self.hop, c.shape[1]).clamp(-1, 1)


class Heard(nn.Module):
    """A discriminator that sees the log spectra of a sound and of what was given, side by side.

    net: (B, 2, bins, frames) -> logits (B,) or a map. forward: sounds, sounds given -> logits.
    """

    def __init__(self, net: nn.Module, rate: int) -> None:
        super().__init__()
        self.net, self.size = net, window_size(rate)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        levels = [log_spectrum(upcast(wave), self.size, self.size // 4) for wave in (x, c)]
        return self.net(seen(torch.cat(levels, 1)))


def emphasised(x: Tensor) -> Tensor:
    """x(t) - 0.95 x(t - 1), (B, T) -> (B, T): the high, quiet parts of speech made to count.

    The sample before the first is 0.
    """
    return x - EMPHASIS * F.pad(x, (1, -1))


def emphasised_distance(made: Tensor, meant: Tensor) -> Tensor:
    """Mean absolute difference of two sounds (B, T) once both are emphasised."""
    return F.l1_loss(emphasised(made), emphasised(meant))


class SpectralDistance:
    """Mean absolute difference of two sounds' log spectra, 35 decibels counting as one.

    rate: of the sounds, which sets the window.
    """

    def __init__(self, rate: int) -> None:
        self.size = window_size(rate)

    def __call__(self, made: Tensor, meant: Tensor) -> Tensor:
        a, b = (log_spectrum(upcast(x), self.size, self.size // 4) for x in (made, meant))
        return F.l1_loss(a, b) / RANGE


class WaveUNet(nn.Module):
    """SEGAN's generator (arXiv:1703.09452, figure 2): samples down to a code and up again.

    Convolutions over 31 samples, PReLUs, each step up beside its step down; the code z joins in
    the middle. Departs from the paper in: what comes out is added to what was given, in the place
    of a hyperbolic tangent that has to learn to repeat it; the samples are 16 times as large within
    the net, since speech is quiet; steps of 4 for pairs of steps of 2; one code along the whole
    sound, so that it is drawn once for any length.

    block, reach: as in `Masker`.
    forward: z (B, latent.dim), sounds (B, T) of any length -> (B, T), in [-1, 1] once
    it does not train.
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
        self.bend = nn.ModuleList(nn.PReLU(count) for count in [*wide, *reversed(wide[:-1])])
        last = self.up[-1]
        nn.init.normal_(last.weight, 0, 1e-3)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        x = LOUD * F.pad(c, (0, -c.shape[1] % self.block)).unsqueeze(1)
        depth, heard = len(self.down), []
        for step, layer in enumerate(self.down):
            x = self.bend[step](layer(x))
            heard.append(x)
        x = torch.cat([x, z[:, :, None].expand(-1, -1, x.shape[2])], 1)
        for step, layer in enumerate(self.up):
            x = layer(x)
            if step < depth - 1:
                x = torch.cat([self.bend[depth + step](x), heard[depth - 2 - step]], 1)
        made = c + x[:, 0, : c.shape[1]] / LOUD
        return made if self.training else made.clamp(-1, 1)  # beyond it a clamp has no slope


class WaveJudge(nn.Module):
    """SEGAN's discriminator of a sound and what was given (arXiv:1703.09452, section 3).

    The steps down of the generator with batch norm and leaky rectifiers of slope 0.3, then one
    logit; both sounds are emphasised first. Departs from the paper in: plain batch norm in the
    place of virtual batch norm.
    forward: sounds (B, length), sounds given -> logits (B,).
    """

    def __init__(self, length: int, width: int = 16, depth: int = 5) -> None:
        super().__init__()
        chain: list[nn.Module] = []
        for before, after in pairwise([2, *(width * 2**step for step in range(depth))]):
            chain += [nn.Conv1d(before, after, KERNEL, STRIDE, KERNEL // 2)]
            chain += [nn.BatchNorm1d(after), nn.LeakyReLU(LEAK)]
            length = -(-length // STRIDE)
        self.layers = nn.Sequential(*chain, nn.Conv1d(after, 1, 1), nn.Flatten())
        self.last = nn.Linear(length, 1)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        pair = torch.stack([emphasised(x), emphasised(c)], 1)
        return self.last(self.layers(pair)).squeeze(1)

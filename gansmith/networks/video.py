"""The next frame from the frames before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.unet import UNet

KEPT = 0.98  # of the range: a pixel of the last frame at its end can still be moved


class NextFrameNet(nn.Module):
    """A U-Net that sees the past and a code, and says what changes.

        next = tanh(atanh(0.98 last) + change),

    so what does not move is shown as it was, and nothing leaves the range. The code lies beside the
    frames as flat planes, a number in each, so that one code means the same at every place and
    size. Departs from arXiv:1511.05440 in: a U-Net for its pyramid, and that sum.

    frames: of the past; channels: of a frame; codes: numbers in a code, 0 for none.
    forward: z (B, latent.dim), past (B, frames channels, H, W) of any size -> (B, channels, H, W)
    in [-1, 1].
    """

    def __init__(
        self, frames: int, channels: int, width: int = 32, depth: int = 4, codes: int = 8
    ) -> None:
        super().__init__()
        self.channels, self.codes = channels, codes
        self.net = UNet(frames * channels + codes, channels, width, depth, noisy=0)
        self.latent = Latent(max(1, codes))
        self.reach = self.net.reach

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        planes = z[:, : self.codes, None, None].expand(-1, -1, *c.shape[2:])
        change = self.net.before_tanh(z, torch.cat([c, planes], 1))
        return torch.tanh(torch.atanh(KEPT * c[:, -self.channels :]) + change)

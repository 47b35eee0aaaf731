"""The next frame from the frames before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.latent import Latent
from gansmith.networks.unet import UNet

STAYS = -1.0  # where an untrained net begins: most of the last frame stays


class NextFrameNet(nn.Module):
    """A U-Net that sees the past and a code, and says what stays and what is new.

        next = (1 - m) last + m new,  m in [0, 1] for each pixel,

    so what does not move is kept as it was. The code lies beside the frames as flat planes, a
    number in each, so that one code means the same at every place and size. Departs from
    arXiv:1511.05440 in: a U-Net for its pyramid, and that sum.

    frames: of the past; channels: of a frame; codes: numbers in a code, 0 for none.
    forward: z (B, latent.dim), past (B, frames channels, H, W) of any size -> (B, channels, H, W)
    in [-1, 1].
    """

    def __init__(
        self, frames: int, channels: int, width: int = 32, depth: int = 4, codes: int = 8
    ) -> None:
        super().__init__()
        self.channels, self.codes = channels, codes
        self.net = UNet(frames * channels + codes, channels + 1, width, depth, noisy=0)
        self.latent = Latent(max(1, codes))
        self.reach = self.net.reach
        last = self.net.up[-1][0]  # type: ignore[index]
        nn.init.constant_(last.bias[channels:], STAYS)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        planes = z[:, : self.codes, None, None].expand(-1, -1, *c.shape[2:])
        said = self.net(z, torch.cat([c, planes], 1))
        new, m = said[:, : self.channels], (said[:, self.channels :] + 1) / 2
        return torch.lerp(c[:, -self.channels :], new, m)

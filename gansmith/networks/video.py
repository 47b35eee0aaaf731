"""Next-frame prediction."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.networks.unet import UNet

LAST_FRAME_SCALE = 0.98  # keeps atanh finite, so that saturated pixels can still change


class NextFrameNet(nn.Module):
    """A U-Net of the past frames and a code that predicts the change.

        next = tanh(atanh(0.98 last) + change),

    so static pixels stay as they are, and the output is in range. The code is concatenated to the
    frames as constant channels, so that it means the same at every position and size. Departs from
    arXiv:1511.05440 in: a U-Net in place of its pyramid, and that sum.

    frames: of the past; channels: of a frame; codes: dimension of the code, 0 for none.
    forward: z (B, latent.dim), past (B, frames channels, H, W) of any size -> (B, channels, H, W)
    in [-1, 1].
    """

    def __init__(
        self, frames: int, channels: int, width: int = 32, depth: int = 4, codes: int = 8
    ) -> None:
        super().__init__()
        self.channels, self.codes = channels, codes
        self.net = UNet(frames * channels + codes, channels, width, depth, dropout_steps=0)
        self.latent = Latent(max(1, codes))
        self.reach = self.net.reach

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        planes = z[:, : self.codes, None, None].expand(-1, -1, *c.shape[2:])
        change = self.net.before_tanh(z, torch.cat([c, planes], 1))
        return torch.tanh(torch.atanh(LAST_FRAME_SCALE * c[:, -self.channels :]) + change)

"""Minibatch standard deviation: D measures the spread of a batch (arXiv:1710.10196, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.networks.dcgan import Head, logit_head


class MinibatchStd(nn.Module):
    """Append one channel that holds the mean over (C, H, W) of the standard deviation in a group.

    s = mean_chw sqrt(var_group(x) + 1e-8), the same number at every position of every sample of
    the group. A group is `group` adjacent samples, so that splitting a batch between groups
    changes nothing (the authors' code takes every (B / group)-th sample instead); a
    batch smaller than `group` is one group.

    forward: (B, C, H, W) -> (B, C + 1, H, W). Raises ValueError when B is no multiple of the
    group.
    """

    batch_coupled = True

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        if group < 2:
            raise ValueError(f"a standard deviation needs a group of 2 or more; got {group}")
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        group = min(self.group, len(x))
        if len(x) % group:
            raise ValueError(
                f"minibatch standard deviation in groups of {group} takes batches that are a "
                f"multiple of it; got {len(x)} samples"
            )
        spread = x.unflatten(0, (-1, group)).var(1, correction=0)  # (B / group, C, H, W)
        s = (spread + 1e-8).sqrt().mean((1, 2, 3)).repeat_interleave(group)
        return torch.cat((x, s[:, None, None, None].expand(-1, 1, *x.shape[2:])), 1)


def stddev_head(group: int = 4) -> Head:
    """A head for DCGANDiscriminator: minibatch standard deviation, then the last convolution."""

    def head(channels: int, side: int) -> list[nn.Module]:
        return [MinibatchStd(group), *logit_head(channels + 1, side)]

    return head

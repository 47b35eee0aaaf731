"""Minibatch discrimination: D measures how close a sample is to the others (arXiv:1606.03498)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.networks.dcgan import Head


class MinibatchDiscrimination(nn.Module):
    """Append to the features of a sample how close it is to the others (section 3.2).

    M_i = f(x_i) T,  c_b(x_i, x_j) = exp(-||M_ib - M_jb||_1),  o(x_i)_b = sum_{j != i} c_b(x_i, x_j)

    T begins as N(0, 1 / inputs), which makes each of its columns about as long as 1.
    Departs from the paper in: j = i is left out of the sum, which the paper's words ("all other
    samples") say and its formula does not; it is the constant 1.

    inputs: features of a sample (the paper's A). kernels: features appended (B).
    dims: coordinates in which one closeness is measured (C).
    forward: f (N, inputs) -> (N, inputs + kernels), the new ones between 0 and N - 1.
    Raises ValueError for a size below 1.
    """

    batch_coupled = True

    def __init__(self, inputs: int, kernels: int = 32, dims: int = 5) -> None:
        super().__init__()
        if min(inputs, kernels, dims) < 1:
            raise ValueError(
                "minibatch discrimination needs inputs, kernels and dims of 1 or more; got "
                f"{inputs}, {kernels} and {dims}"
            )
        self.kernels = kernels
        self.T = nn.Parameter(torch.randn(inputs, kernels * dims) / inputs**0.5)

    def forward(self, f: Tensor) -> Tensor:
        M = (f @ self.T).unflatten(1, (self.kernels, -1))  # (N, B, C)
        M = M.to(torch.promote_types(M.dtype, torch.float32))  # half precision is too coarse
        closeness = (-(M[:, None] - M).abs().sum(3)).exp()  # (N, N, B)
        return torch.cat((f, closeness.sum(1) - 1), 1)


def minibatch_head(kernels: int = 32, dims: int = 5) -> Head:
    """A head for DCGANDiscriminator and MLPCritic: minibatch discrimination, then one layer."""

    def head(channels: int, side: int) -> list[nn.Module]:
        inputs = channels * side**2
        layer = MinibatchDiscrimination(inputs, kernels, dims)
        return [nn.Flatten(), layer, nn.Linear(inputs + kernels, 1)]

    return head

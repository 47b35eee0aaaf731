"""A replay buffer of persistent Markov chains (arXiv:1903.08689, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core import distributed
from gansmith.core.rng import Rng


class ReplayBuffer(nn.Module):
    """Chains: examples that Langevin dynamics moves a little at each step of training.

    The indices of a batch are all different, so that its micro-batches and processes do not depend
    on each other. Several processes must call `put` together; all hold the same chains.

    size: number of chains. shape: of one. bound: they begin uniform on [-bound, bound].
    chains: the buffer, (size, *shape).
    Raises ValueError for a size below 1.
    """

    chains: Tensor

    def __init__(self, size: int, shape: tuple[int, ...], bound: float = 1.0) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"a replay buffer holds 1 chain or more; got size={size}")
        self.size, self.shape, self.bound = size, shape, bound
        self.register_buffer("chains", bound * (2 * torch.rand(size, *shape) - 1))

    def initial(self, n: int, rng: Rng) -> Tensor:
        """n new chains, (n, *shape)."""
        return self.bound * (2 * rng.uniform(n, *self.shape) - 1)

    def random_indices(self, n: int, rng: Rng) -> Tensor:
        """n different indices, (n,) int64. Raises ValueError when there are fewer chains."""
        if n > self.size:
            raise ValueError(
                f"a batch of {n} takes as many different chains, and there are {self.size}; "
                "choose a larger buffer or a smaller batch"
            )
        return rng.permutation(self.size)[:n]

    def get(self, indices: Tensor) -> Tensor:
        """The chains at these indices, (B, *shape)."""
        return self.chains[indices]

    @torch.no_grad()
    def put(self, indices: Tensor, x: Tensor) -> None:
        """Store the moved chains (B, *shape) at their indices."""
        self.chains[distributed.gather(indices)] = distributed.gather(x)

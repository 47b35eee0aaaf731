"""A memory of examples that go on where they were left (arXiv:1903.08689, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core import distributed
from gansmith.core.rng import Rng


class Replay(nn.Module):
    """Chains: examples that a walk moves a little at a time, over many steps of training.

    The places of a batch are all different, so that none of its micro-batches or processes
    waits for another. Several processes must put together; all hold the same chains.

    size: how many there are. shape: of one. spread: they begin uniform on [-spread, spread].
    chains: the buffer, (size, *shape).
    Raises ValueError for a size below 1.
    """

    chains: Tensor

    def __init__(self, size: int, shape: tuple[int, ...], spread: float = 1.0) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"a replay buffer holds 1 chain or more; got size={size}")
        self.size, self.shape, self.spread = size, shape, spread
        self.register_buffer("chains", spread * (2 * torch.rand(size, *shape) - 1))

    def fresh(self, n: int, rng: Rng) -> Tensor:
        """n beginnings of chains, (n, *shape)."""
        return self.spread * (2 * rng.uniform(n, *self.shape) - 1)

    def places(self, n: int, rng: Rng) -> Tensor:
        """n different places, (n,) int64. Raises ValueError when there are fewer chains."""
        if n > self.size:
            raise ValueError(
                f"a batch of {n} takes as many different chains, and there are {self.size}; "
                "choose a larger pool or a smaller batch"
            )
        return rng.permutation(self.size)[:n]

    def take(self, places: Tensor) -> Tensor:
        """The chains at these places, (B, *shape)."""
        return self.chains[places]

    @torch.no_grad()
    def put(self, places: Tensor, x: Tensor) -> None:
        """Store where the chains have come to."""
        self.chains[distributed.gather(places)] = distributed.gather(x)

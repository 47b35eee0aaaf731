"""One stream of random numbers per draw, determined by integers alone.

No random state is saved: (seed, draw number) give the same numbers again, so that a run resumed on
the same machine is the same run, and several processes draw the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Rng:
    """A stream of random tensors that is a pure function of its integer key.

    Numbers are drawn on the CPU, so that they do not depend on the device.

    key: non-negative integers, for example (seed, draw number).
    Raises ValueError when a part of the key is negative.

    truncation: codes are drawn with no coordinate beyond it (`Latent.sample`).
    """

    truncation = math.inf

    def __init__(self, *key: int) -> None:
        if any(part < 0 for part in key):
            raise ValueError(f"the key of a random stream has integers >= 0; got {key}")
        seed = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
        self.generator = torch.Generator().manual_seed(int(seed & np.uint64(2**63 - 1)))

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers, float32, of the given shape."""
        return torch.randn(shape, generator=self.generator)

    def uniform(self, *shape: int) -> Tensor:
        """Uniform numbers in [0, 1), float32, of the given shape."""
        return torch.rand(shape, generator=self.generator)

    def integers(self, high: int, *shape: int) -> Tensor:
        """Uniform integers in [0, high), int64, of the given shape."""
        return torch.randint(high, shape, generator=self.generator)

    def permutation(self, n: int) -> Tensor:
        """A uniform permutation of 0 .. n-1, int64, (n,)."""
        return torch.randperm(n, generator=self.generator)


class RowRng(Rng):
    """A stream for each row, so that a row's numbers do not depend on how many there are.

    Of normal and uniform numbers of shape (len(rows), ...), row k comes from the stream
    (*key, rows[k]); everything else from that of the key.
    """

    def __init__(self, *key: int, rows: Sequence[int], truncation: float = math.inf) -> None:
        super().__init__(*key)
        self.rows, self.truncation = [Rng(*key, row) for row in rows], truncation

    def normal(self, *shape: int) -> Tensor:
        """As of an Rng, row by row."""
        if shape[:1] != (len(self.rows),):
            return super().normal(*shape)
        return torch.stack([row.normal(*shape[1:]) for row in self.rows])

    def uniform(self, *shape: int) -> Tensor:
        """As of an Rng, row by row."""
        if shape[:1] != (len(self.rows),):
            return super().uniform(*shape)
        return torch.stack([row.uniform(*shape[1:]) for row in self.rows])

"""Which samples go into a number: equally many of each kind, chosen by a seed."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gansmith.core.rng import Rng


@dataclass(frozen=True)
class Splits:
    """Generated, held-out and training samples, equally many of each."""

    generated: Tensor
    held_out: Tensor
    train: Tensor

    def counts(self) -> dict[str, int]:
        return {
            "generated": len(self.generated),
            "held-out": len(self.held_out),
            "train": len(self.train),
        }


def random_subset(x: Tensor, n: int, seed: int) -> Tensor:
    """n rows without repetition, drawn from the seed; all in their order when n >= N."""
    return x if n >= len(x) else x[Rng(seed).permutation(len(x))[:n].sort().values]


def subsample(
    *, generated: Tensor, held_out: Tensor, train: Tensor, limit: int, seed: int
) -> Splits:
    """Equally many of all three, at most `limit`, so that a number of real samples against real
    ones has the counts of the number of generated ones. Raises ValueError when one is empty."""
    n = min(limit, len(generated), len(held_out), len(train))
    if n < 1:
        raise ValueError(
            f"nothing to compare: {len(generated)} generated, {len(held_out)} held-out and "
            f"{len(train)} training samples, at most {limit} wanted"
        )
    return Splits(*(random_subset(x, n, seed) for x in (generated, held_out, train)))

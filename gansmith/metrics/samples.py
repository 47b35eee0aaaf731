"""Which samples go into a number: equally many of each kind, chosen by a seed."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gansmith.core.rng import Rng


@dataclass(frozen=True)
class Trio:
    """Generated, held-out and training samples of the counts that are compared."""

    generated: Tensor
    held: Tensor
    train: Tensor

    def counts(self) -> dict[str, int]:
        return {
            "generated": len(self.generated),
            "held": len(self.held),
            "train": len(self.train),
        }


def choose(x: Tensor, n: int, seed: int) -> Tensor:
    """n rows without repetition, drawn from the seed; all in their order when n >= N."""
    return x if n >= len(x) else x[Rng(seed).permutation(len(x))[:n].sort().values]


def trio(generated: Tensor, held: Tensor, train: Tensor, limit: int, seed: int) -> Trio:
    """Equally many of all three, at most `limit`: real against real has the counts of the rest."""
    n = min(limit, len(generated), len(held), len(train))
    if n < 1:
        raise ValueError(
            f"nothing to compare: {len(generated)} generated, {len(held)} held-out and "
            f"{len(train)} training samples, at most {limit} wanted"
        )
    return Trio(choose(generated, n, seed), choose(held, n, seed), choose(train, n, seed))

"""Does the score that selects `best` reward obeying a condition? Real images as four games.

    OMP_NUM_THREADS=1 python benchmarks/obedience.py [DATA ...]

The games give a thousand training conditions their true images; these with noise of a fifth of the
range of pixels; images of other conditions, in random order; and a constant image. Beside the
score, cFJD, stands cFID, which sees the images alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.evaluation import select
from gansmith.modalities import modality_of

DATA = ("fashion", "emoji-names", "faces", "turning-shapes", "spoken-pictures", "down2:fashion")
GAMES: dict[str, Callable[[Tensor, Rng], Tensor]] = {
    "true": lambda x, rng: x,
    "noisy": lambda x, rng: (x + 0.2 * rng.normal(*x.shape)).clamp(-1, 1),
    "of other conditions": lambda x, rng: x[rng.permutation(len(x))],
    "constant": lambda x, rng: x.mean(0, keepdim=True).expand_as(x),
}


class Game(nn.Module):
    """Generates what `make` makes of the true images of the conditions that the score takes."""

    def __init__(self, real: Tensor, field: str, make: Callable[[Tensor, Rng], Tensor]) -> None:
        super().__init__()
        self.real, self.condition_field, self.make = real, field, make
        self.device = nn.Parameter(torch.zeros(1))

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        return self.make(self.real, rng)


def main() -> None:
    print("| data | " + " | ".join(f"{game}: cFJD (cFID)" for game in GAMES) + " |")
    print("| --- " * (1 + len(GAMES)) + "|")
    for name in sys.argv[1:] or DATA:
        dataset = open_data(name)
        modality, condition = modality_of(dataset.spec), dataset.spec.conditioned_on
        assert condition is not None
        rows = select.training_rows(dataset, modality.score_count)
        real = to_float(torch.as_tensor(rows.train["real"]))
        cells = []
        for make in GAMES.values():
            score = select.score(Game(real, condition.field, make), dataset, 0)["value"]
            cells.append(f"{score:.3g} ({modality.score(make(real, Rng(0, 0, 2)), rows):.3g})")
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

"""Little data: 500 emoji, with and without differentiable augmentation (arXiv:2006.10738).

    OMP_NUM_THREADS=1 python benchmarks/small_data.py [--steps 4000] [--seeds 2] [--pictures 500]

The preset `dcgan` at its defaults on the first 500 training pictures of `emoji`, otherwise the same
run: as they are, shifted and cut out, and with colours changed too. Every quarter of the run the
averaged generator is measured against the held-out pictures of the whole set, and D says how far
apart it sets the 500 from pictures that nobody was trained on: the mean logits of training, of
held-out and of generated pictures. Where D knows its pictures by heart the first two part.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from gansmith.core.images import to_float, to_uint8
from gansmith.core.rng import Rng
from gansmith.evaluation.evaluate import measure
from gansmith.rendering.grid import make_grid
from gansmith.runs.plan import plan
from gansmith.runs.run import Run

ARMS = ("none", "translation,cutout", "color,translation,cutout")
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "small-data.png"


def begin(augment: str, seed: int, steps: int, pictures: int) -> Run:
    """A run of `dcgan` on the first pictures of emoji."""
    with tempfile.TemporaryDirectory() as folder:
        run = plan(
            "dcgan", data="emoji", augment=augment, seed=seed, steps=steps, out=Path(folder) / "run"
        )
    train = {name: value[:pictures] for name, value in run.dataset.train.items()}
    run.dataset = replace(run.dataset, train=train)
    return run


@torch.no_grad()
def logits(run: Run, game: torch.nn.Module) -> list[float]:
    """Mean logits of D on training, held-out and generated pictures, without augmentation."""
    sets = [
        to_float(run.dataset.train["real"], game),
        to_float(run.dataset.held_out["real"][:500], game),
        game.sample(500, Rng(3)),
    ]
    return [float(game.D(x).mean()) for x in sets]


def play(augment: str, seed: int, steps: int, pictures: int) -> torch.Tensor:
    """Train one arm, print a row each quarter, and return a few samples."""
    run = begin(augment, seed, steps, pictures)
    trainer = run.trainer(run.recipe())
    for quarter in range(1, 5):
        while trainer.step < quarter * steps // 4:
            trainer.train_step()
        with trainer.ema.applied(trainer.game) as game:
            found = measure(game, run.dataset)
            known, unknown, made = logits(run, game)
            samples = to_uint8(game.sample(16, Rng(0, 1, 1)))
        numbers = [found[name].value for name in ("cfid", "precision", "recall")]
        cells = " | ".join(f"{number:.3g}" for number in [*numbers, known, unknown, made])
        print(f"| {augment} | {seed} | {trainer.step} | {cells} |", flush=True)
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    print("| augment | seed | step | cFID | precision | recall | D(train) | D(held) | D(fake) |")
    print("| --- " * 9 + "|")
    rows = []
    for augment in ARMS:
        for seed in range(options.seeds):
            samples = play(augment, seed, options.steps, options.pictures)
            if seed == 0:
                rows.append(samples)
    PICTURE.parent.mkdir(exist_ok=True)
    make_grid(torch.cat(rows), 16).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()

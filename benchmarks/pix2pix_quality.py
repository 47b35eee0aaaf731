"""pix2pix against the supervised baseline and against a plain rewrite of the published recipe.

    OMP_NUM_THREADS=1 python benchmarks/pix2pix_quality.py --steps 4000 --seeds 2

All three have the same U-Net, from the same seed, and play as many steps on the line art of emoji;
"plain" and "trainer" have the same D. "regression" is taught by the absolute difference alone.
Numbers are of the held-out emoji; for "plain" of the last weights, as it keeps no average, in
evaluation mode as for the others.
"""

from __future__ import annotations

import argparse
from statistics import mean
from typing import Any

import torch
from pix2pix_speed import plain

from gansmith.core.recipe import Recipe
from gansmith.data import Dataset, open_data, open_source
from gansmith.data.source import Source
from gansmith.evaluation.evaluate import measure
from gansmith.lab.tools import evaluate_trainer, recipe_trainer
from gansmith.presets import PRESETS

ARMS = ("regression", "plain", "trainer")
SHOWN = ("l1_to_answer", "psnr", "cfid", "precision", "recall", "sharpness")


def recipe(preset: str, data: Dataset, seed: int, **keywords: Any) -> Recipe:
    """A preset's recipe from a seed."""
    torch.manual_seed(seed)
    return PRESETS[preset].build(data.spec, **PRESETS[preset].keywords(keywords))


def numbers(arm: str, data: Dataset, seed: int, steps: int) -> dict[str, float]:
    """Train an arm and measure it."""
    if arm == "plain":
        made = recipe("pix2pix", data, seed)
        source = open_source(data, made.batch, seed)
        assert isinstance(source, Source)
        step = plain(made, source)
        for _ in range(steps):
            step()
        game = made.game.requires_grad_(False).eval()
        return {key: number.value for key, number in measure(game, data).items()}
    if arm == "regression":
        made = recipe("regression", data, seed, distance="l1", lr=5e-4, batch=8)
    else:
        made = recipe("pix2pix", data, seed)
    trainer = recipe_trainer(data, made, seed, steps)
    trainer.fit(steps)
    return evaluate_trainer(trainer, data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    data = open_data("emoji-lines")
    print(f"{options.steps} steps, mean of {options.seeds} seeds\n")
    print(f"| arm | {' | '.join(SHOWN)} |")
    print(f"| --- |{' --- |' * len(SHOWN)}")
    for arm in ARMS:
        found = [numbers(arm, data, seed, options.steps) for seed in range(options.seeds)]
        cells = (f"{mean(one[key] for one in found):.3g}" for key in SHOWN)
        print(f"| {arm} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

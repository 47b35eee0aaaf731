"""Does a crowd of collapsed generators cover what one of them does not?

    OMP_NUM_THREADS=1 python benchmarks/ensemble.py

GANs that are made to collapse (G's rate is ten times D's) on the ring of 8 Gaussians, alone and
in ensembles of 5 and of 25. A mode is covered when 10 samples or more lie within 0.2 of it, of
2500 in all and of 2500 a member. The control draws from one generator as many samples as 25 have.
If a member covers a share p of the modes, whichever they are, N of them cover 1 - (1 - p)^N.
"""

from __future__ import annotations

import time
from statistics import mean, stdev

import torch

from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import Trainer
from gansmith.data import modes, open_data, open_source
from gansmith.games.ensemble import Ensemble
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import MLPCritic, MLPGenerator

STEPS, SAMPLES, NEAR, ENOUGH = 600, 2500, 0.2, 10
SEEDS = {1: range(100, 150), 5: range(200, 212), 25: range(300, 306)}  # members: seeds


def train_ensemble(members: int, seed: int) -> Ensemble:
    """An ensemble of collapsing games, played."""
    torch.manual_seed(seed)
    pairs = [(MLPGenerator(Latent(2), 2, 32, 2), MLPCritic(2, 32, 2)) for _ in range(members)]
    game = Ensemble(pairs, objective=OBJECTIVES["non-saturating"])
    optim = {name: adam(1e-2 if name[0] == "G" else 1e-3, 0.5) for name in game.players()}
    trainer = Trainer(
        game, open_source(open_data("ring"), 32, seed), optim=optim, steps=STEPS, seed=seed
    )
    trainer.fit()
    return game.eval()


def covered_share(points: torch.Tensor) -> float:
    """The share of the ring's modes with enough samples near them."""
    known = modes("ring")
    assert known is not None
    distance, nearest = torch.cdist(points, known[0]).min(1)
    counts = nearest[distance < NEAR].bincount(minlength=len(known[0]))
    return float((counts >= ENOUGH).double().mean())


def main() -> None:
    print(f"torch {torch.__version__}, {STEPS} steps of batch 32")
    print("| N | runs | 2500 in all | 2500 a member | std | expected | if p = 1/8 | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    alone, many = 0.0, []
    for members, seeds in SEEDS.items():
        began = time.process_time()
        games = [train_ensemble(members, seed) for seed in seeds]
        seconds = (time.process_time() - began) / len(games)
        with torch.no_grad():
            few = [covered_share(game.sample(SAMPLES, Rng(1))) for game in games]
            each = [covered_share(game.sample(members * SAMPLES, Rng(2))) for game in games]
            if members == 1:
                many = [covered_share(game.sample(25 * SAMPLES, Rng(3))) for game in games]
        alone = alone or mean(each)
        predicted = [1 - (1 - p) ** members for p in (alone, 1 / 8)]
        numbers = [mean(few), mean(each), stdev(each), *predicted, seconds]
        print(f"| {members} | {len(games)} |", *(f"{x:.3f} |" for x in numbers), flush=True)
    print(f"\nOne generator, {25 * SAMPLES} samples: coverage {mean(many):.3f}")


if __name__ == "__main__":
    main()

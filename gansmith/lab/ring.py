"""Games on Gaussians in a ring or a grid, looked at as they are played."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean, pstdev
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gansmith.core.game import Game
from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.data import modes, open_data, open_source
from gansmith.lab.tools import sampled
from gansmith.metrics import mode_report
from gansmith.networks import MLPCritic, MLPGenerator

SAMPLES = 2500


class Look(NamedTuple):
    """Modes with 20 samples or more; share of samples within 3 std of one; share next to each;
    the samples."""

    modes: int
    good: float
    shares: Tensor
    points: Tensor


def restless(seed: int = 0) -> tuple[MLPGenerator, MLPCritic]:
    """Players that run from mode to mode: 32 codes, two layers of 64 rectifiers."""
    torch.manual_seed(seed)
    return MLPGenerator(Latent(32), 2, 64, 2), MLPCritic(2, 64, 2)


def settled(seed: int = 0) -> tuple[MLPGenerator, MLPCritic]:
    """Players that find most modes: 256 codes, and tanh units in G."""
    torch.manual_seed(seed)
    return MLPGenerator(Latent(256), 2, 64, 2, nn.Tanh), MLPCritic(2, 64, 2)


def look(game: Game, data: str = "ring") -> Look:
    """What 2500 samples of a game are worth on `ring` or `grid`."""
    known = modes(data)
    assert known is not None
    points = sampled(game, SAMPLES, Rng(1)).double()
    report = mode_report(points, *known)
    nearest = torch.cdist(points, known[0].double()).argmin(1)
    shares = nearest.bincount(minlength=len(known[0])) / SAMPLES
    return Look(report.captured_20, report.high_quality, shares, points)


def looks(
    game: Game,
    seed: int,
    steps: int,
    count: int,
    *,
    data: str = "ring",
    rates: dict[str, float] | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    batch: int = 128,
) -> list[Look]:
    """Play, and look so many times at G itself, not at its average.

    rates: of Adam, by player; 1e-3 for G and 1e-4 for others unless given.
    A run that diverges has found nothing from there on.
    """
    rates = rates or {}
    optim = {
        name: adam(rates.get(name, 1e-3 if name[0] == "G" else 1e-4), *betas)
        for name in game.players()
    }
    source = open_source(open_data(data), batch, seed)
    trainer = Trainer(game, source, optim=optim, steps=steps, seed=seed)
    seen = []
    for part in range(1, count + 1):
        try:
            trainer.fit(part * steps // count)
        except NonFiniteError:
            break
        seen.append(look(game, data))
    return seen + [nothing(data)] * (count - len(seen))


def nothing(data: str = "ring") -> Look:
    """What a game is worth that has diverged."""
    return Look(0, 0.0, torch.zeros(8 if data == "ring" else 25), torch.zeros(SAMPLES, 2))


def summary(seen: list[Look]) -> dict[str, float | list[int]]:
    """Of the second half: modes, how they swing, the mass that moves; of the end: good samples."""
    half = seen[len(seen) // 2 :]
    found = [at.modes for at in half]
    moved = [float((b.shares - a.shares).abs().sum()) / 2 for a, b in pairwise(half)]
    return {
        "modes": mean(found),
        "swing": pstdev(found),
        "moved": mean(moved) if moved else 0.0,
        "good": seen[-1].good,
        "curve": [at.modes for at in seen],
    }

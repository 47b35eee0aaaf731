"""Games on Gaussians in a ring or a grid, and the modes that they cover during training."""

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
from gansmith.lab.tools import sample_on_cpu
from gansmith.metrics import mode_report
from gansmith.networks import MLPCritic, MLPGenerator

SAMPLES = 2500


class ModeCoverage(NamedTuple):
    """What the samples of a game cover.

    modes: with 20 samples or more within 3 std. high_quality: share of the samples within 3 std of
    a mode. shares: of the samples, by their nearest mode. points: the samples.
    """

    modes: int
    high_quality: float
    shares: Tensor
    points: Tensor


def oscillating_players(seed: int = 0) -> tuple[MLPGenerator, MLPCritic]:
    """Players that jump from mode to mode: latent size 32, two hidden layers of 64 ReLU units."""
    torch.manual_seed(seed)
    return MLPGenerator(Latent(32), 2, 64, 2), MLPCritic(2, 64, 2)


def stable_players(seed: int = 0) -> tuple[MLPGenerator, MLPCritic]:
    """Players that find most modes: latent size 256, and tanh units in G."""
    torch.manual_seed(seed)
    return MLPGenerator(Latent(256), 2, 64, 2, nn.Tanh), MLPCritic(2, 64, 2)


def measure_coverage(game: Game, data: str = "ring") -> ModeCoverage:
    """The modes of `ring` or `grid` that 2500 samples of a game cover."""
    known = modes(data)
    assert known is not None
    points = sample_on_cpu(game, SAMPLES, Rng(1)).double()
    report = mode_report(points, *known)
    nearest = torch.cdist(points, known[0].double()).argmin(1)
    shares = nearest.bincount(minlength=len(known[0])) / SAMPLES
    return ModeCoverage(report.captured_20, report.high_quality, shares, points)


def train_and_measure(
    game: Game,
    seed: int,
    steps: int,
    count: int,
    *,
    data: str = "ring",
    rates: dict[str, float] | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    batch: int = 128,
) -> list[ModeCoverage]:
    """Train, and measure G itself and not its average `count` times, at equal intervals.

    rates: of Adam, by player; 1e-3 for G and 1e-4 for others unless given.
    From where a run diverges it covers nothing.
    """
    rates = rates or {}
    optim = {
        name: adam(rates.get(name, 1e-3 if name[0] == "G" else 1e-4), *betas)
        for name in game.players()
    }
    source = open_source(open_data(data), batch, seed)
    trainer = Trainer(game, source, optim=optim, steps=steps, seed=seed)
    measured = []
    for part in range(1, count + 1):
        try:
            trainer.fit(part * steps // count)
        except NonFiniteError:
            break
        measured.append(measure_coverage(game, data))
    return measured + [zero_coverage(data)] * (count - len(measured))


def zero_coverage(data: str = "ring") -> ModeCoverage:
    """The coverage of a game that has diverged."""
    return ModeCoverage(0, 0.0, torch.zeros(8 if data == "ring" else 25), torch.zeros(SAMPLES, 2))


def summarize(measured: list[ModeCoverage]) -> dict[str, float | list[int]]:
    """A summary of measurements in the course of training.

    modes, swing: mean and standard deviation of the number of modes in the second half.
    moved: mean total variation between the shares of consecutive measurements.
    good: share of high-quality samples at the end. curve: the number of modes.
    """
    half = measured[len(measured) // 2 :]
    found = [at.modes for at in half]
    moved = [float((b.shares - a.shares).abs().sum()) / 2 for a, b in pairwise(half)]
    return {
        "modes": mean(found),
        "swing": pstdev(found),
        "moved": mean(moved) if moved else 0.0,
        "good": measured[-1].high_quality,
        "curve": [at.modes for at in measured],
    }

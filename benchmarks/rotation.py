"""Does G settle on all modes, or does it run from one to the next? Three remedies on the ring.

    OMP_NUM_THREADS=1 python benchmarks/rotation.py unrolled [--seeds 3]
    OMP_NUM_THREADS=1 python benchmarks/rotation.py replay
    OMP_NUM_THREADS=1 python benchmarks/rotation.py single

MLPs with two hidden layers of 64 rectifiers, 32 codes, batch 128; in the rows `tanh` G has tanh
units and 256 codes. Every 100 steps 2500 points of G itself, not of its average, are looked at: a
mode is found when 20 lie within three standard deviations. `drift` is the share of points that
another look finds at another mode: half the sum over the modes of the change of their share.
`modes` and `drift` are means over the second half of a run, `last` and `good` are of its end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import mean
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.rng import Rng
from gansmith.core.trainer import NonFiniteError, Trainer
from gansmith.data import modes, open_data, open_source
from gansmith.games.gan import GAN
from gansmith.games.history import HistoryGAN
from gansmith.games.simultaneous import SingleStepGAN
from gansmith.games.unrolled import Lookahead, UnrolledGAN
from gansmith.losses.objectives import OBJECTIVES, Objective
from gansmith.metrics import mode_report
from gansmith.networks import MLPCritic, MLPGenerator
from gansmith.networks.image_pool import ImagePool

BATCH, MEASURE_EVERY, SAMPLES = 128, 100, 2500
Make = Callable[[MLPGenerator, MLPCritic], GAN]


class Arm(NamedTuple):
    """One way to play: the game, the rates of Adam, and how long."""

    name: str
    make: Make
    g_lr: float
    d_lr: float
    steps: int
    codes: int = 32
    activation: Callable[[], nn.Module] = nn.ReLU


class FirstOrderLookahead(Lookahead):
    """A control: the steps are taken, but G does not feel how its fakes steer them."""

    def forward(
        self, D: nn.Module, objective: Objective, real: Tensor, fake: Tensor
    ) -> dict[str, Tensor]:
        return super().forward(D, objective, real, fake.detach())


def unrolled(lookahead: Lookahead) -> Make:
    def make(G: MLPGenerator, D: MLPCritic) -> GAN:
        return UnrolledGAN(G, D, objective=OBJECTIVES["non-saturating"], lookahead=lookahead)

    return make


def replayed(memory: int) -> Make:
    def make(G: MLPGenerator, D: MLPCritic) -> GAN:
        return HistoryGAN(
            G, D, objective=OBJECTIVES["non-saturating"], pool=ImagePool(memory, (2,))
        )

    return make


def alternating(G: MLPGenerator, D: MLPCritic) -> GAN:
    return GAN(G, D, objective=OBJECTIVES["gan-divergence"])


def single(G: MLPGenerator, D: MLPCritic) -> GAN:
    return SingleStepGAN(G, D, objective=OBJECTIVES["gan-divergence"])


ARMS = {
    "unrolled": [
        *(Arm(f"K={k}", unrolled(Lookahead(k)), 1e-3, 1e-4, 4000) for k in (0, 5, 10)),
        *(
            Arm(f"K={k}, tanh", unrolled(Lookahead(k)), 1e-3, 1e-4, 3000, 256, nn.Tanh)
            for k in (0, 5)
        ),
        Arm("K=5, blind", unrolled(FirstOrderLookahead(5)), 1e-3, 1e-4, 4000),
    ],
    "replay": [
        Arm(f"memory {size}, rate of D {d_lr:g}", replayed(size), 1e-3, d_lr, 4000)
        for d_lr in (1e-4, 1e-3)
        for size in (0, 256, 1024, 8192)
    ],
    "single": [
        Arm(f"{name}, rate {lr:g}", make, lr, lr, 4000)
        for lr in (2e-4, 5e-4, 1e-3, 2e-3)
        for name, make in (("alternating", alternating), ("single-step", single))
    ],
}


class Outcome(NamedTuple):
    """What the looks at one run gave."""

    modes: float
    drift: float
    last: int
    good: float
    milliseconds: float


def measure_coverage(game: GAN) -> tuple[int, float, torch.Tensor]:
    """Modes found, the share of good points, and the share of all points next to each mode."""
    known = modes("ring")
    assert known is not None
    with torch.no_grad():
        points = game.sample(SAMPLES, Rng(1))
    report = mode_report(points, *known)
    nearest = torch.cdist(points, known[0]).argmin(1)
    return report.captured_20, report.high_quality, nearest.bincount(minlength=8) / SAMPLES


def run_arm(arm: Arm, seed: int) -> Outcome:
    """One run, looked at as it goes; a run that diverges has found nothing from there on."""
    torch.manual_seed(seed)
    G = MLPGenerator(Latent(arm.codes), 2, 64, 2, arm.activation)
    game = arm.make(G, MLPCritic(2, 64, 2))
    optim = {"G": adam(arm.g_lr, 0.5), "D": adam(arm.d_lr, 0.5)}
    source = open_source(open_data("ring"), BATCH, seed)
    trainer = Trainer(game, source, optim=optim, steps=arm.steps, seed=seed)
    measured, seconds = [measure_coverage(game)], 0.0
    for step in range(MEASURE_EVERY, arm.steps + 1, MEASURE_EVERY):
        began = time.process_time()
        try:
            trainer.fit(step)
        except NonFiniteError:
            measured.append((0, 0.0, torch.zeros(8)))
            break
        seconds += time.process_time() - began
        measured.append(measure_coverage(game))
    half = measured[len(measured) // 2 :]
    moved = [float((b[2] - a[2]).abs().sum()) / 2 for a, b in pairwise(half)]
    return Outcome(
        mean(found for found, *_ in half), mean(moved), *measured[-1][:2], 1e3 * seconds / arm.steps
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=ARMS)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("| arm | steps | modes | drift | last, by seed | good, by seed | ms a step |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for arm in ARMS[options.what]:
        runs = [run_arm(arm, seed) for seed in range(options.seeds)]
        last = " ".join(str(run.last) for run in runs)
        good = " ".join(f"{run.good:.2f}" for run in runs)
        found, drift, spent = (
            mean(getattr(run, key) for run in runs) for key in ("modes", "drift", "milliseconds")
        )
        numbers = f"{found:.1f} | {drift:.2f} | {last} | {good} | {spent:.1f}"
        print(f"| {arm.name} | {arm.steps} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()

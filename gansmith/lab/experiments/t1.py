from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch.distributions import Categorical, MixtureSameFamily, Normal

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below, rises
from gansmith.lab.tools import (
    fit_critic,
    normal_distribution,
    normal_sampler,
    preset_trainer,
    sample_on_cpu,
    single_axes,
)
from gansmith.losses.objectives import OBJECTIVES
from gansmith.metrics import wasserstein_1d
from gansmith.networks.mlp import MLPCritic
from gansmith.theory import game_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TWO = MixtureSameFamily(
    Categorical(torch.tensor([0.5, 0.5], dtype=torch.float64)),
    Normal(torch.tensor([-2.0, 2.0]).double(), torch.tensor([0.5, 0.5]).double()),
)
KS = (1, 5, 50, 1000)
MEASUREMENTS, BEYOND = 40, 4.0
PLACES = torch.linspace(-BEYOND, BEYOND, 81)[:-1] + BEYOND / 80  # centers of bins


def run(arm: str, seed: int, steps: int) -> Numbers:
    if arm == "value":
        return _value_error()
    k, steps, measurements = (
        (int(arm[2:]), steps, MEASUREMENTS) if arm.startswith("k=") else (1, 1, 1)
    )
    trainer = preset_trainer("gan", "mixture-1d", seed, steps, d_steps=k, lr=1e-3)
    real = open_data("mixture-1d").held_out["real"][:2500, 0]
    before = wasserstein_1d(sample_on_cpu(trainer.game, 2500, Rng(seed, 1))[:, 0], real)
    frames = []
    for part in range(1, measurements + 1):
        trainer.fit(part * steps // measurements)
        with torch.no_grad():
            made = sample_on_cpu(trainer.game, 5000, Rng(seed, 2))[:, 0]
            D = trainer.players["D"](PLACES[:, None]).sigmoid()
        bins = torch.histc(made, len(PLACES), -BEYOND, BEYOND) * len(PLACES) / (2 * BEYOND * 5000)
        frames.append([[round(x, 3) for x in row.tolist()] for row in (bins, D)])
    with trainer.ema.applied(trainer.game) as game:
        after = wasserstein_1d(sample_on_cpu(game, 2500, Rng(seed, 1))[:, 0], real)
    return {"fall": before / after, "frames": frames if k == 1 and seed == 0 else []}


def _value_error() -> Numbers:
    """V after k steps of D with G fixed, on held-out samples."""
    D, done, values = MLPCritic(1, 64, 2), 0, []
    real, fake = (lambda n: TWO.sample((n, 1)).float()), normal_sampler(0.0)
    for k in KS:
        fit_critic(
            D.requires_grad_(True),
            OBJECTIVES["minimax"],
            real,
            fake,
            steps=k - done,
            lr=3e-3,
            batch=1024,
            decay=k == KS[-1],
        )
        done = k
        parts = F.logsigmoid(D(real(100_000))).mean() + F.logsigmoid(-D(fake(100_000))).mean()
        values.append(float(parts))
    return {"values": values, "exact": game_value(TWO, normal_distribution(0.0))}


def check(arms: Arms) -> list[Check]:
    values = arms.mean_list("value", "values")
    exact = arms.mean("value", "exact")
    return [
        rises("V rises with the steps of D, but for 0.01", values, slack=0.01),
        below("V over the exact maximum", max(values) - exact, 0.02),
        below("what 1000 steps leave", exact - values[-1], 0.03),
        above("W1 to the data falls, k = 1, times", arms.mean("k=1", "fall"), 5.0),
        above("W1 to the data falls, k = 5, times", arms.mean("k=5", "fall"), 5.0),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    axes.semilogx(KS, arms.first("value", "values"), "o-", label="V on held-out samples")
    axes.axhline(arms.first("value", "exact"), color="grey", ls="--", lw=1, label="max V")
    axes.set_xlabel("steps of D, G standing still")
    axes.legend(fontsize=8)
    return figure


def animate(arms: Arms) -> Iterator[Figure]:
    """The samples of G, the data and D during training."""
    real = open_data("mixture-1d").held_out["real"][:, 0]
    data = torch.histc(real, len(PLACES), -BEYOND, BEYOND) * len(PLACES) / (2 * BEYOND * len(real))
    for made, D in arms.first("k=1", "frames"):
        figure, axes = single_axes(5, 2.8)
        axes.fill_between(PLACES, data, step="mid", color="grey", alpha=0.3, label="data")
        axes.step(PLACES, made, where="mid", color="tab:green", label="G")
        axes.plot(PLACES, D, color="tab:blue", ls="--", lw=1, label="D")
        axes.set_ylim(0, 1.4)
        axes.legend(fontsize=8, loc="upper right")
        yield figure


EXPERIMENT = Experiment(
    id="T1",
    title="Algorithm 1: k steps of D, then one of G",
    claim="More steps of D measure the divergence better and never overestimate it; with a small "
    "step after each, G reaches the data for k = 1 and for k = 5.",
    paper="arXiv:1406.2661, Algorithm 1",
    metric="V on held-out samples after 1, 5, 50, 1000 steps; fall of W1 from G to the data",
    criterion="V rises, over the maximum by up to 0.02, at 1000 within 0.03; W1 falls fivefold",
    arms=("value", "k=1", "k=5", "untrained"),
    run=run,
    check=check,
    control={"k=1": "untrained", "k=5": "untrained"},
    control_description="an untrained G",
    quick=Budget(3, {"steps": 3000}),
    full=Budget(5, {"steps": 8000}),
    plot=plot,
    animate=animate,
)

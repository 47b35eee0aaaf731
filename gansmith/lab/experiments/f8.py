from __future__ import annotations

from typing import TYPE_CHECKING

from gansmith.data import open_data
from gansmith.diagnosis import diagnose_samples
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.ring import oscillating_players, stable_players, summarize, train_and_measure
from gansmith.lab.tools import single_axes
from gansmith.losses.objectives import OBJECTIVES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = {"unstable": oscillating_players, "steady": stable_players}


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    game = GAN(*ARMS[arm](seed), objective=OBJECTIVES["non-saturating"])
    measured = summarize(train_and_measure(game, seed, steps, count))
    data = open_data("ring")
    real = data.held_out["real"][:2000]
    planted = real[(real[:, 0] > 0.9)][:200].repeat(10, 1)  # a single mode
    fired = bool(diagnose_samples(planted, data)) and not diagnose_samples(real, data)
    return {**measured, "fired": float(fired)}


def check(arms: Arms) -> list[Check]:
    return [
        above("planted collapse named, real data not", arms.mean("unstable", "fired"), 1.0),
        above(
            "mass that moves between the modes from look to look, unstable over steady",
            arms.mean("unstable", "moved") / max(arms.mean("steady", "moved"), 1e-9),
            2.0,
        ),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ARMS:
        axes.plot(arms.first(arm, "curve"), label=arm, marker="o", ms=2, lw=1)
    axes.set_ylabel("modes with 20 samples, of 8")
    axes.set_xlabel("look")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="F8",
    title="Modes are dropped, and G moves from one to the next",
    claim="A plain GAN on a ring of modes covers only some at a time, and which ones changes; the "
    "diagnosis finds a planted collapse, and nothing in real data.",
    paper="arXiv:1611.02163; arXiv:1705.07761",
    metric="modes with 20 samples or more; mass that changes modes between measurements; planted "
    "collapse",
    criterion="the planted collapse is found; twice as much mass moves as with stable players",
    arms=tuple(ARMS),
    run=run,
    check=check,
    control={"unstable": "steady"},
    control_description="stable players",
    quick=Budget(3, {"steps": 3000, "count": 30}),
    full=Budget(10, {"steps": 10_000, "count": 100}),
    plot=plot,
)

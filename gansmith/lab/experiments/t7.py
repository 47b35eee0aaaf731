from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers
from gansmith.lab.tools import gaussian, panel
from gansmith.theory import divergence, value_of_game

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL = gaussian(0.0)
START = 1.5


def jsd(shift: float) -> float:
    return divergence("jensen-shannon", REAL, gaussian(shift))


def slope(shift: float) -> float:
    """d/d shift of the value at the best D, which is the gradient that G sees."""
    step = 1e-4
    up, down = (value_of_game(REAL, gaussian(shift + s)) for s in (step, -step))
    return (up - down) / (2 * step)


def run(arm: str, seed: int, rates: int) -> Numbers:
    found = []
    grid = np.geomspace(0.1, 100, rates).tolist()
    for rate in grid:
        shift = START
        for _ in range(1 if arm == "one large step" else 100):  # D is refitted at every step
            shift -= slope(shift) * rate / (1 if arm == "one large step" else 100)
        found.append(jsd(shift))
    rises = [rate for rate, after in zip(grid, found, strict=True) if after > jsd(START)]
    first = found[0] < jsd(START)
    return {
        "falls": float(first),
        "rises": float(bool(rises)),
        "crossing": rises[0] if rises else -1.0,
        "rates": grid,
        "after": found,
    }


def check(arms: Arms) -> list[Check]:
    arm = "one large step"
    crossing = arms.mean(arm, "crossing")
    return [
        Check("a small step lowers the divergence", arms.mean(arm, "falls") == 1),
        Check(f"a step of {crossing:.3g} and more raises it", arms.mean(arm, "rises") == 1),
    ]


def picture(arms: Arms) -> Figure:
    figure, axes = panel()
    for arm in ("one large step", "a hundred small steps"):
        axes.semilogx(arms.first(arm, "rates"), arms.first(arm, "after"), label=arm)
    axes.axhline(jsd(START), color="grey", ls="--", lw=1)
    axes.set_xlabel("rate")
    axes.set_ylabel("JSD after")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="T7",
    title="G may only move a little",
    says="The best D belongs to one G: a large step by its gradient can raise the divergence "
    "that a small one lowers.",
    paper="arXiv:1406.2661, Algorithm 1",
    metric="exact JSD of N(0, 1) and a shifted N(1.5, 1) before and after a step by the best D",
    criterion="lower after a small step, higher after a large one",
    arms=("one large step", "a hundred small steps"),
    run=run,
    check=check,
    control={"one large step": "a hundred small steps"},
    fails="the same way in a hundred steps, D refitted at each, never raises it",
    quick=Form(1, {"rates": 20}),
    full=Form(1, {"rates": 100}),
    picture=picture,
)

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers
from gansmith.lab.tools import normal_distribution, single_axes
from gansmith.theory import divergence, game_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL = normal_distribution(0.0)
START = 1.5


def jsd(shift: float) -> float:
    return divergence("jensen-shannon", REAL, normal_distribution(shift))


def slope(shift: float) -> float:
    """Derivative of the value at the best D with respect to the shift: G's gradient."""
    step = 1e-4
    up, down = (game_value(REAL, normal_distribution(shift + s)) for s in (step, -step))
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


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ("one large step", "a hundred small steps"):
        axes.semilogx(arms.first(arm, "rates"), arms.first(arm, "after"), label=arm)
    axes.axhline(jsd(START), color="grey", ls="--", lw=1)
    axes.set_xlabel("rate")
    axes.set_ylabel("JSD after")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="T7",
    title="G may only take small steps",
    claim="The optimal D belongs to one G: a large step along its gradient can raise the "
    "divergence that a small one lowers.",
    paper="arXiv:1406.2661, Algorithm 1",
    metric="exact JSD of N(0, 1) and a shifted N(1.5, 1) before and after a step by the optimal D",
    criterion="lower after a small step, higher after a large one",
    arms=("one large step", "a hundred small steps"),
    run=run,
    check=check,
    control={"one large step": "a hundred small steps"},
    control_description="the same distance in a hundred steps, D refitted at each, which never "
    "raises it",
    quick=Budget(1, {"rates": 20}),
    full=Budget(1, {"rates": 100}),
    plot=plot,
)

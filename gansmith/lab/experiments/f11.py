from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gansmith.games.unrolled import Lookahead, UnrolledGAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.ring import oscillating_players, summarize, train_and_measure
from gansmith.lab.tools import new_figure
from gansmith.losses.objectives import OBJECTIVES, Objective
from gansmith.metrics import ring_modes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class FirstOrderLookahead(Lookahead):
    """The same lookahead, without the gradient of its steps with respect to the fakes."""

    def forward(
        self, D: nn.Module, objective: Objective, real: Tensor, fake: Tensor
    ) -> dict[str, Tensor]:
        return super().forward(D, objective, real, fake.detach())


FRAME_POINTS = 120  # points in a frame
ARMS: dict[str, Lookahead] = {
    "K=0": Lookahead(0),
    "K=5": Lookahead(5),
    "K=5, blind": FirstOrderLookahead(5),
}


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    players, objective = oscillating_players(seed), OBJECTIVES["non-saturating"]
    game = UnrolledGAN(*players, objective=objective, lookahead=ARMS[arm])
    began = time.process_time()
    measured = train_and_measure(game, seed, steps, count)
    points = (
        []
        if seed
        else [[round(x, 2) for x in at.points[:FRAME_POINTS].flatten().tolist()] for at in measured]
    )
    cost = 1e3 * (time.process_time() - began) / steps
    return {
        **summarize(measured),
        "last": measured[-1].modes,
        "milliseconds": cost,
        "points": [[round(x, 2) for x in row] for row in points],
    }


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("K=5", "modes") - arms.mean("K=0", "modes")
    whole = [last == 8 for last in arms.values("K=5", "last")]
    return [
        above("share of runs with all 8 modes, K=5", sum(whole) / len(whole), 2 / 3),
        above("modes, K=5 less K=0", gain, 2.0),
    ]


def animate(arms: Arms) -> Iterator[Figure]:
    """Samples of both games during training."""
    known = ring_modes()
    for pair in zip(arms.first("K=0", "points"), arms.first("K=5", "points"), strict=True):
        figure = new_figure(5.6, 2.9)
        for place, name, flat in zip((1, 2), ("K=0", "K=5"), pair, strict=True):
            axes = figure.add_subplot(1, 2, place)
            x, y = torch.tensor(flat).view(-1, 2).unbind(1)
            axes.scatter(known[:, 0], known[:, 1], s=60, color="grey", alpha=0.4, lw=0)
            axes.scatter(x, y, s=5, color="tab:green")
            axes.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=(), yticks=(), aspect="equal")
            axes.set_title(name, fontsize=9)
        yield figure


EXPERIMENT = Experiment(
    id="F11",
    title="With unrolling G does not chase modes",
    claim="G's loss is taken at D some steps ahead, and differentiated through these steps; it "
    "costs several times a plain step.",
    paper="arXiv:1611.02163",
    metric="modes of the ring over the second half of the run and at its end; time of a step",
    criterion="all 8 modes in two of three runs; 2 more than without",
    arms=tuple(ARMS),
    run=run,
    check=check,
    control={"K=5": "K=5, blind"},
    control_description="the same steps without their second-order term",
    quick=Budget(3, {"steps": 4000, "count": 40}),
    full=Budget(5, {"steps": 10_000, "count": 100}),
    animate=animate,
    population=True,
)

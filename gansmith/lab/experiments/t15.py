from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer, single_axes
from gansmith.theory import bilinear_path, bilinear_step
from gansmith.theory.dynamics import Turns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATE = 0.1
PRESETS = {"simultaneous": "fgan-single-step", "alternating": "fgan"}


def run(arm: str, seed: int, steps: int, divergence: str) -> Numbers:
    turns: Turns = "simultaneous" if arm == "simultaneous" else "alternating"
    step = bilinear_step(RATE, turns)
    factor = float(np.abs(np.linalg.eigvals(step)).max())
    path = np.asarray(bilinear_path((1.0, 0.0), RATE, 200, turns))
    growth = float(np.linalg.norm(path[-1]) / np.linalg.norm(path[0])) ** (1 / 200)
    trainer = preset_trainer(PRESETS[arm], "ring", seed, steps, divergence=divergence, lr=1e-3)
    trainer.fit()
    found = evaluate_trainer(trainer, open_data("ring"))
    return {
        "factor": factor,
        "growth": growth,
        "modes": found["modes_20"],
        "path": path.tolist(),
    }


def check(arms: Arms) -> list[Check]:
    grown = math.sqrt(1 + RATE**2)
    return [
        below("error of the growth", abs(arms.mean("simultaneous", "growth") - grown), 1e-6),
        below("error of the modulus", abs(arms.mean("alternating", "factor") - 1), 1e-6),
        above(
            "modes on the ring, alternating less simultaneous",
            arms.mean("alternating", "modes") - arms.mean("simultaneous", "modes"),
            0.0,
        ),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes(3.6, 3.6)
    for arm in ("simultaneous", "alternating"):
        axes.plot(*np.asarray(arms.first(arm, "path")).T, label=arm, lw=1)
    axes.set_aspect("equal")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="T15",
    title="Alternating steps are more stable than simultaneous ones",
    claim="In the game x y simultaneous steps spiral outwards by sqrt(1 + rate^2) each, "
    "alternating ones stay on a circle; on the ring, too, alternating steps find as many modes or "
    "more.",
    paper="arXiv:1606.00709, Algorithm 1; arXiv:1801.04406",
    metric="growth of a step; modes of the ring with 20 samples or more",
    criterion="growth to 1e-6; alternating finds no fewer modes",
    arms=("simultaneous", "alternating"),
    run=run,
    check=check,
    control={"simultaneous": "alternating"},
    control_description="alternating steps in place of both",
    quick=Budget(3, {"steps": 3000, "divergence": "gan-divergence"}),
    full=Budget(10, {"steps": 10_000, "divergence": "gan-divergence"}),
    plot=plot,
)

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch

from gansmith.data import open_data
from gansmith.diagnosis import diagnose_samples
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.lab.tools import panel, sampled, trainer_of
from gansmith.metrics import mode_report, ring_modes
from gansmith.rng import Rng

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STD = 0.01
ARMS: dict[str, dict[str, Any]] = {
    "unstable": {"preset": "nsgan", "lr": 1e-3, "batch": 64},
    "steady": {"preset": "wgan-gp"},
}


def run(arm: str, seed: int, steps: int, looks: int) -> Numbers:
    data = open_data("ring")
    asked = dict(ARMS[arm])
    trainer = trainer_of(asked.pop("preset"), "ring", seed, steps, **asked)
    modes, shares = [], []
    for look in range(1, looks + 1):
        trainer.fit(look * steps // looks)
        x = sampled(trainer.game, 2500, Rng(seed, 1, look))
        report = mode_report(x, ring_modes(), STD)
        modes.append(sum(count >= 20 for count in report.counts))
        near = torch.cdist(x.double(), ring_modes()).argmin(1).bincount(minlength=8) / len(x)
        shares.append(near)
    moved = [float((b - a).abs().sum() / 2) for a, b in pairwise(shares)]
    real = data.held["real"][:2000]
    planted = real[(real[:, 0] > 0.9)][:200].repeat(10, 1)  # one mode, over and over
    fired = bool(diagnose_samples(planted, data)) and not diagnose_samples(real, data)
    half = len(moved) // 2
    return {
        "modes": modes[-1],
        "moved": sum(moved[half:]) / len(moved[half:]),
        "fired": float(fired),
        "curve": modes,
    }


def check(arms: Arms) -> list[Check]:
    return [
        above("planted collapse named, real data not", arms.mean("unstable", "fired"), 1.0),
        above(
            "mass that moves between the modes from look to look, unstable over steady",
            arms.mean("unstable", "moved") / max(arms.mean("steady", "moved"), 1e-9),
            1.5,
        ),
    ]


def picture(arms: Arms) -> Figure:
    figure, axes = panel()
    for arm in ARMS:
        axes.plot(arms.first(arm, "curve"), label=arm, marker="o", ms=2, lw=1)
    axes.set_ylabel("modes with 20 samples, of 8")
    axes.set_xlabel("look")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="F8",
    title="Modes are dropped, and G moves from one to the next",
    says="A plain GAN on a ring of modes holds only some at a time, and which ones changes; a "
    "detector names a collapse that is planted and nothing in real data.",
    paper="arXiv:1611.02163; arXiv:1705.07761",
    metric="modes with 20 samples or more; mass that changes modes between looks; planted collapse",
    criterion="the planted collapse is named; half as much again moves as under a steady critic",
    arms=tuple(ARMS),
    run=run,
    check=check,
    control={"unstable": "steady"},
    fails="a critic that is steady",
    quick=Form(2, {"steps": 2000, "looks": 20}),
    full=Form(10, {"steps": 10_000, "looks": 50}),
    picture=picture,
)

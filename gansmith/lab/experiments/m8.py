from __future__ import annotations

import torch
from scipy.stats import mannwhitneyu

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import sampled, trainer_of
from gansmith.metrics import memory_report, nearest_moved
from gansmith.metrics.pictures import to_bytes


def run(arm: str, seed: int, count: int, train: int, steps: int) -> Numbers:
    """Ratios of distances to training and held-out pictures, of shifted copies or of a GAN."""
    data = open_data("fashion")
    source, held = data.train["real"][:train], data.held["real"][:train]
    if arm == "memoriser":
        picked = source[Rng(seed, 2).permutation(train)[:count]]
        made = torch.roll(picked, (2, -2), (2, 3))
    else:
        trainer = trainer_of("dcgan", "fashion", seed, steps, width=16)
        trainer.fit()
        with trainer.averages.playing(trainer.game) as game:
            made = to_bytes(sampled(game, count, Rng(seed, 1, 1)))
    known = held[:count]
    report = memory_report(
        nearest_moved(made, source),
        nearest_moved(made, held),
        nearest_moved(known, source),
        nearest_moved(known, held, itself=True),
        train,
    )
    return {"alarm": float(report.alarm), "ratios": report.ratio.tolist()}


def check(arms: Arms) -> list[Check]:
    copies, honest = ([x for run in arms.numbers[arm] for x in run["ratios"]] for arm in ARMS)
    area = mannwhitneyu(honest, copies).statistic / (len(honest) * len(copies))
    return [
        above("area under the curve, memoriser against an honest GAN", float(area), 0.95),
        above("alarm on the memoriser", arms.mean("memoriser", "alarm"), 1.0),
        below("alarm on the honest GAN", arms.mean("honest", "alarm"), 0.0),
    ]


ARMS = ("memoriser", "honest")

EXPERIMENT = Experiment(
    id="M8",
    title="A generator that copies is caught",
    says="Training pictures moved by two pixels are nearer to the training set than to held-out "
    "pictures, by far more than what an honest GAN makes.",
    paper="arXiv:2004.05675; arXiv:1511.01844",
    metric="ratio of the distances to the nearest training and held-out picture, over small shifts",
    criterion="area under the curve at least 0.95; alarm on the copies and none on the GAN",
    arms=ARMS,
    run=run,
    check=check,
    control={"memoriser": "honest"},
    fails="the honest GAN in the memoriser's place",
    quick=Form(1, {"count": 200, "train": 1500, "steps": 300}),
    full=Form(3, {"count": 500, "train": 4000, "steps": 4000}),
)

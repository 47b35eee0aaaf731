from __future__ import annotations

import math

import torch
from scipy.stats import mannwhitneyu

from gansmith.core.images import to_uint8
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import preset_trainer, sample_on_cpu
from gansmith.metrics import memorization_report, nearest_shifted


def run(arm: str, seed: int, count: int, train: int, steps: int) -> Numbers:
    """Ratios of the two least distances to training pictures, of shifted copies or of a GAN."""
    data = open_data("fashion")
    source, held = data.train["real"][:train], data.held_out["real"][:count]
    if arm == "memoriser":
        picked = source[Rng(seed, 2).permutation(train)[:count]]
        made = torch.roll(picked, (2, -2), (2, 3))
    else:
        trainer = preset_trainer("dcgan", "fashion", seed, steps, width=16)
        trainer.fit()
        with trainer.ema.applied(trainer.game) as game:
            made = to_uint8(sample_on_cpu(game, count, Rng(seed, 1, 1)))
    report = memorization_report(
        samples=nearest_shifted(x=made, reference=source),
        held_out=nearest_shifted(x=held, reference=source),
        train=train,
    )
    return {"alarm": float(report.alarm), "ratios": report.ratio.tolist()}


def check(arms: Arms) -> list[Check]:
    copies, honest = (
        [x for run in arms.numbers[arm] for x in run.get("ratios", [math.nan])] for arm in ARMS
    )
    area = mannwhitneyu(honest, copies).statistic / (len(honest) * len(copies))
    return [
        above("area under the curve, memoriser against an honest GAN", float(area), 0.95),
        above("alarm on the memoriser", arms.mean("memoriser", "alarm"), 1.0),
        below("alarm on the honest GAN", arms.mean("honest", "alarm"), 0.0),
    ]


ARMS = ("memoriser", "honest")

EXPERIMENT = Experiment(
    id="M8",
    title="A generator that copies is detected",
    claim="Training pictures shifted by two pixels are nearer to one training picture than to all "
    "others, by far more than the samples of an honest GAN.",
    paper="arXiv:2004.05675; arXiv:1511.01844",
    metric="ratio of the distances to the nearest and the second nearest training picture, over "
    "small shifts",
    criterion="AUC at least 0.95; alarm on the copies and none on the GAN",
    arms=ARMS,
    run=run,
    check=check,
    control={"memoriser": "honest"},
    control_description="the honest GAN in place of the copies",
    quick=Budget(3, {"count": 200, "train": 1500, "steps": 300}),
    full=Budget(3, {"count": 500, "train": 4000, "steps": 4000}),
)

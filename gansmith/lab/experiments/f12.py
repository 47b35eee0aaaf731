from __future__ import annotations

from typing import Any

import torch

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer
from gansmith.losses.sinkhorn import sinkhorn
from gansmith.theory import optimal_transport

# in 64 codes and at its default rate OT-GAN leaves the ring for good
KEYWORDS: dict[str, Any] = {"batch": 256, "prior": "normal", "latent": 2, "lr": 3e-4}


def run(arm: str, seed: int, steps: int) -> Numbers:
    """Modes of the ring by OT-GAN; the excess cost of Sinkhorn's plan over the optimal one."""
    trainer = preset_trainer("ot-gan", "ring", seed, steps if arm == "ot-gan" else 1, **KEYWORDS)
    trainer.fit()
    found = {"modes": evaluate_trainer(trainer, open_data("ring"))["modes_20"]}
    epsilon = 0.005 if arm == "ot-gan" else 1.0
    x, y = torch.randn(64, 2).double(), torch.randn(64, 2).double() + 1
    costs = torch.cdist(x, y)
    plan = sinkhorn(costs[None], epsilon, 2000)[0]
    plan = plan / plan.sum()
    return {**found, "dearer": float((plan * costs).sum()) / optimal_transport(x, y).cost - 1}


def check(arms: Arms) -> list[Check]:
    return [
        above("modes of the ring", min(arms.values("ot-gan", "modes")), 8.0),
        below("Sinkhorn's plan dearer by", arms.mean("ot-gan", "dearer"), 0.02),
        above("and not cheaper, by", arms.mean("ot-gan", "dearer"), -1e-6),
    ]


EXPERIMENT = Experiment(
    id="F12",
    title="OT-GAN compares whole batches",
    claim="A G that minimizes the transport cost between its batch and a real one drops no mode; "
    "Sinkhorn's plan is as good as the optimal one when its entropy has a small weight.",
    paper="arXiv:1803.05573",
    metric="modes of the ring with 20 samples; cost of Sinkhorn's plan over the exact one",
    criterion="all 8 modes; within 2 %",
    arms=("ot-gan", "blurred plan"),
    run=run,
    check=check,
    control={"ot-gan": "blurred plan"},
    control_description="one step of training, and a plan whose entropy has weight 1",
    quick=Budget(3, {"steps": 800}),
    full=Budget(5, {"steps": 4000}),
)

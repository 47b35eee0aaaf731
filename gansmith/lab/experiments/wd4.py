from __future__ import annotations

from typing import Any

import torch

from gansmith.core.constraints import WeightClipping
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import fit_critic, normal_sampler
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.mlp import MLPCritic
from gansmith.penalties import InterpolatedGP

SHIFT = 4.0
BOUNDS = (0.01, 0.1, 1.0)
WEIGHTS = (1.0, 10.0, 100.0)


def run(arm: str, seed: int, steps: int) -> Numbers:
    clips = arm == "clipping"
    found: dict[str, list[float]] = {"over": [], "at the bound": [], "off": []}
    for setting in BOUNDS if clips else WEIGHTS:
        D = MLPCritic(2, 64, 2)
        more: dict[str, Any] = {"penalty": InterpolatedGP(setting)}
        if clips:
            clip = WeightClipping(D, setting)
            more = {"after": lambda _, clip=clip: clip.after_move(), "decay": False}
        sides = normal_sampler(SHIFT, dim=2), normal_sampler(0.0, dim=2)
        fit_critic(D, OBJECTIVES["wasserstein"], *sides, steps=steps, seed=seed, lr=1e-3, **more)
        with torch.no_grad():
            value = float(D(sides[0](20_000)).mean() - D(sides[1](20_000)).mean())
        weights = torch.cat([p.flatten() for p in D.parameters() if p.ndim == 2])
        found["over"].append(value / SHIFT)
        found["at the bound"].append(float((weights.abs() > 0.99 * setting).double().mean()))
        found["off"].append(abs(value / (SHIFT * (1 + SHIFT / (2 * setting))) - 1))
    return {
        "spread": max(found["over"]) / max(min(found["over"]), 1e-12),
        "at the bound": min(found["at the bound"]),
        "off": max(found["off"]),
        "over": found["over"],
    }


def check(arms: Arms) -> list[Check]:
    return [
        above("value over W, largest over least bound", arms.mean("clipping", "spread"), 10.0),
        above("share of weights at the bound", arms.mean("clipping", "at the bound"), 0.6),
        below("penalty: off W (1 + W / (2 weight)) by", arms.mean("penalty", "off"), 0.07),
    ]


EXPERIMENT = Experiment(
    id="WD4",
    title="Clipping does not make a critic 1-Lipschitz",
    claim="Clipped weights go to the bound, and the critic's value depends on it by orders of "
    "magnitude; with a penalty the value is what its weight predicts.",
    paper="arXiv:1704.00028, Figure 1",
    metric="value of the critic over W for bounds 0.01 to 1, weights at the bound; penalties 1 to "
    "100",
    criterion="spread of 10 and more; 60 % of the weights at the bound; penalties within 7 %",
    arms=("clipping", "penalty"),
    run=run,
    check=check,
    control={"clipping": "penalty"},
    control_description="the penalty in place of clipping",
    quick=Budget(3, {"steps": 1500}),
    full=Budget(3, {"steps": 6000}),
)

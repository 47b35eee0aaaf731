from __future__ import annotations

import math

import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.tools import fit_critic, normal_sampler
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.mlp import MLPCritic
from gansmith.theory import game_value

SHIFTS = (1.0, 2.0, 4.0)


def run(arm: str, seed: int, steps: int, held: int) -> Numbers:
    numbers: Numbers = {}
    for shift in SHIFTS:
        D: nn.Module = MLPCritic(1, 64, 2)
        if arm == "linear":
            D = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Flatten(0))
        real, fake = normal_sampler(0.0), normal_sampler(shift)
        fit_critic(D, OBJECTIVES["minimax"], real, fake, steps=steps, batch=2048, lr=3e-3)
        each = F.logsigmoid(D(real(held))), F.logsigmoid(-D(fake(held)))
        value = float(sum(part.mean() for part in each))
        se = math.sqrt(sum(float(part.var()) / held for part in each))
        exact = game_value(Normal(0.0, 1.0), Normal(shift, 1.0))
        found = {"value": value, "error": abs(value - exact), "over": value - exact - 2 * se}
        numbers |= {f"{key} {shift:g}": number for key, number in found.items()}
    return numbers


def check(arms: Arms) -> list[Check]:
    off = [below(f"error at {d:g}", arms.mean("mlp", f"error {d:g}"), 0.02) for d in SHIFTS]
    over = [max(arms.values("mlp", f"over {d:g}")) for d in SHIFTS]
    return [*off, below("value over the exact one, less 2 SE", max(over), 0.0)]


EXPERIMENT = Experiment(
    id="T3",
    title="The value at the optimal discriminator",
    claim="The maximum of the game over D is -2 log 2 + 2 JSD; a trained D approaches it from "
    "below.",
    paper="arXiv:1406.2661, Theorem 1",
    metric="V on held-out samples of N(0, 1) and N(d, 1), d = 1, 2, 4",
    criterion="within 0.02 of -1.16345, -0.71263, -0.12085, and never over by more than 2 SE",
    arms=("mlp", "linear"),
    run=run,
    check=check,
    control={"mlp": "linear"},
    control_description="on the same data a linear logit without bias, where the best has one: the "
    "bound is limited by D's capacity",
    quick=Budget(3, {"steps": 1500, "held": 200_000}),
    full=Budget(3, {"steps": 4000, "held": 1_000_000}),
)

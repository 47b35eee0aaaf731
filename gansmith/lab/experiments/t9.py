from __future__ import annotations

import math

import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.theory import best_gaussian, divergence

DATA = MixtureSameFamily(
    Categorical(torch.tensor([0.4, 0.6], dtype=torch.float64)),
    Normal(torch.tensor([-1.0, 2.0]).double(), torch.tensor([0.5, 1.0]).double()),
)
WRONG = {"likelihood": "kl", "reverse": "reverse-kl"}


def run(arm: str, seed: int, count: int) -> Numbers:
    x = DATA.sample((count,))
    mean, std = float(x.mean()), float(x.std(correction=0))  # the maximum of the likelihood
    fit = best_gaussian(DATA, WRONG[arm])
    se = std / math.sqrt(count)
    fourth = float(((x - mean) ** 4).mean())
    se_std = math.sqrt(fourth - std**4) / (2 * std * math.sqrt(count))
    one = Normal(fit.mean, fit.std)
    there, back = divergence("kl", DATA, one), divergence("reverse-kl", DATA, one)
    return {
        "mean": abs(mean - fit.mean) / se,
        "std": abs(std - fit.std) / se_std,
        "asymmetry": abs(there - back),
    }


def check(arms: Arms) -> list[Check]:
    return [
        below("distance of the means, in SE", arms.mean("likelihood", "mean"), 3.0),
        below("distance of the stds, in SE", arms.mean("likelihood", "std"), 3.0),
        Check("KL(p, q) is not KL(q, p)", min(arms.values("likelihood", "asymmetry")) > 0.01),
    ]


EXPERIMENT = Experiment(
    id="T9",
    title="Maximum likelihood minimizes the KL divergence",
    claim="The Gaussian that maximizes the likelihood of the data minimizes KL(data, model), "
    "which is not symmetric.",
    paper="textbook",
    metric="argmax of the likelihood of samples against argmin of KL by quadrature",
    criterion="within 3 standard errors",
    arms=("likelihood", "reverse"),
    run=run,
    check=check,
    control={"likelihood": "reverse"},
    control_description="the minimum of KL(model, data)",
    quick=Budget(3, {"count": 100_000}),
    full=Budget(10, {"count": 1_000_000}),
)

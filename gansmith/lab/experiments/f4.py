from __future__ import annotations

from torch.distributions import Normal

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.experiments.f3 import DATA, fit_gaussian
from gansmith.theory import divergence

NAMES = ("kl", "reverse-kl", "jensen-shannon", "jeffrey", "pearson")


def run(arm: str, seed: int, steps: int) -> Numbers:
    mean, std = fit_gaussian(arm, steps, "alternating")
    return {name: divergence(name, DATA, Normal(mean, std)) for name in NAMES}


def check(arms: Arms) -> list[Check]:
    found = []
    for name in NAMES:
        others = min(arms.mean(arm, name) for arm in NAMES if arm != name)
        found.append(
            below(f"{name}, own over the best other", arms.mean(name, name) / others, 1.03)
        )
    return found


EXPERIMENT = Experiment(
    id="F4",
    title="Each model is best under its own divergence",
    claim="Of Gaussians trained on five divergences, each divergence is lowest for the one "
    "trained on it.",
    paper="arXiv:1606.00709, Table 4",
    metric="exact divergences of the trained Gaussians, a table of 5 by 5",
    criterion="the least of every column on the diagonal, to 3 %",
    arms=NAMES,
    run=run,
    check=check,
    control={"kl": "reverse-kl", "reverse-kl": "kl"},
    control_description="the names of KL and reverse KL exchanged",
    quick=Budget(1, {"steps": 2000}),
    full=Budget(5, {"steps": 4000}),
)

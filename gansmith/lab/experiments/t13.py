from __future__ import annotations

import torch
import torch.nn.functional as F
from torch.distributions import Normal

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.tools import fit_critic, normal_sampler
from gansmith.losses.objectives import OBJECTIVES, Objective
from gansmith.networks.mlp import MLPCritic
from gansmith.theory import optimal_discriminator

RATIO = 4
P, Q = Normal(0.0, 1.0), Normal(2.0, 1.0)


class WeightedMinimax:
    """The minimax loss of D on RATIO times as many fakes as real examples."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio

    def d(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        return F.softplus(-real).mean() + self.ratio * F.softplus(fake).mean()


def run(arm: str, seed: int, steps: int) -> Numbers:
    objective: Objective = WeightedMinimax(RATIO) if arm == "4 to 1" else OBJECTIVES["minimax"]  # type: ignore[assignment]
    D = MLPCritic(1, 64, 2)
    fit_critic(D, objective, normal_sampler(0.0), normal_sampler(2.0), steps=steps, batch=1024)
    x = torch.linspace(-4, 6, 401)
    best = optimal_discriminator(P, Q, fakes=RATIO)(x).double()
    weight = (P.log_prob(x).exp() + RATIO * Q.log_prob(x).exp()).double()
    error = (weight * (D(x[:, None]).double().sigmoid() - best).abs()).sum() / weight.sum()
    return {"error": float(error)}


def check(arms: Arms) -> list[Check]:
    return [below("mean error of D", arms.mean("4 to 1", "error"), 0.02)]


EXPERIMENT = Experiment(
    id="T13",
    title="Equal counts of real and fake",
    claim="With r fakes for each real example D converges to p / (p + r q): the optimum depends "
    "on the counts, and equal ones give p / (p + q).",
    paper="arXiv:1406.2661, Proposition 1",
    metric="mean of abs(D - p / (p + 4 q))",
    criterion="at most 0.02",
    arms=("4 to 1", "1 to 1"),
    run=run,
    check=check,
    control={"4 to 1": "1 to 1"},
    control_description="a D trained on equal counts",
    quick=Budget(3, {"steps": 3000}),
    full=Budget(3, {"steps": 10_000}),
)

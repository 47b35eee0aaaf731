from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.distributions import Normal

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.tools import fit_critic, normal_sampler, single_axes
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.mlp import MLPCritic
from gansmith.theory import optimal_discriminator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P, Q = Normal(0.0, 1.0), Normal(2.0, 1.0)


def run(arm: str, seed: int, steps: int) -> Numbers:
    x = torch.linspace(-4, 6, 401).double()
    best = optimal_discriminator(P, Q)(x)
    found = torch.full_like(x, 0.5)
    if arm == "trained":
        D = MLPCritic(1, 64, 2)
        fit_critic(
            D,
            OBJECTIVES["minimax"],
            normal_sampler(0.0),
            normal_sampler(2.0),
            steps=steps,
            batch=1024,
        )
        found = D(x.float()[:, None]).double().sigmoid()
    weight = (P.log_prob(x).exp() + Q.log_prob(x).exp()) / 2
    error = float((weight * (found - best).abs()).sum() / weight.sum())
    return {"error": error, "x": x.tolist(), "D": found.tolist(), "best": best.tolist()}


def check(arms: Arms) -> list[Check]:
    return [below("mean error of D", arms.mean("trained", "error"), 0.02)]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    x = arms.first("trained", "x")
    axes.plot(x, arms.first("trained", "best"), lw=4, alpha=0.4, label="p / (p + q)")
    axes.plot(x, arms.first("trained", "D"), lw=1.2, label="trained D")
    axes.set_xlabel("x, with p = N(0, 1) and q = N(2, 1)")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="T2",
    title="The optimal discriminator",
    claim="With G fixed, D trained to discriminate real from fake converges to p / (p + q).",
    paper="arXiv:1406.2661, Proposition 1",
    metric="mean of abs(D - D*) under (p + q) / 2, for N(0, 1) against N(2, 1)",
    criterion="at most 0.02, mean of the seeds",
    arms=("trained", "constant"),
    run=run,
    check=check,
    control={"trained": "constant"},
    control_description="D = 1/2 everywhere, whose error is half the total variation, 0.341",
    quick=Budget(3, {"steps": 3000}),
    full=Budget(3, {"steps": 20_000}),
    plot=plot,
)

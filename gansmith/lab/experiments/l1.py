from __future__ import annotations

import torch

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import fit_critic, normal_sampler
from gansmith.losses.objectives import OBJECTIVES, LeastSquares
from gansmith.networks.mlp import MLPCritic

GAP = 6.0


def run(arm: str, seed: int, ahead: int, steps: int) -> Numbers:
    """D is trained alone until it is sure; then G, a shift, is trained with it."""
    objective = LeastSquares() if arm == "least squares" else OBJECTIVES["minimax"]
    real, fake = normal_sampler(0.0, 0.3), normal_sampler(GAP, 0.3)
    D = MLPCritic(1, 64, 2)
    fit_critic(D, objective, real, fake, steps=ahead, decay=False, lr=3e-3)
    shift = torch.tensor(0.0, requires_grad=True)
    (slope,) = torch.autograd.grad(objective.g(D(real(4096)), D(fake(4096) + shift)), shift)
    movers = (
        torch.optim.Adam(D.requires_grad_(True).parameters(), lr=1e-3),
        torch.optim.SGD([shift], lr=3.0),
    )
    for _ in range(steps):  # both are trained, alternately
        for optim in movers:
            x, y = real(256), fake(256) + shift
            loss = (
                objective.d(D(x), D(y.detach())) if optim is movers[0] else objective.g(D(x), D(y))
            )
            optim.zero_grad()
            loss.backward()
            optim.step()
    return {"gradient": abs(float(slope)), "distance": abs(GAP + float(shift.detach())) / GAP}


def check(arms: Arms) -> list[Check]:
    ratio = arms.mean("least squares", "gradient") / max(arms.mean("minimax", "gradient"), 1e-300)
    return [
        above("G's gradient, least squares over minimax", ratio, 100.0),
        below("distance left by least squares", arms.mean("least squares", "distance"), 0.1),
        above("distance left by minimax", arms.mean("minimax", "distance"), 0.5),
    ]


EXPERIMENT = Experiment(
    id="L1",
    title="Least squares keeps its gradient when D is sure",
    claim="A sigmoid is flat where D is sure, a linear output is not: G still learns from a D "
    "that was trained far ahead.",
    paper="arXiv:1611.04076",
    metric="G's gradient behind a D trained alone, two distant clusters; how far G then comes",
    criterion="gradient 100 times minimax's; reaches within a tenth of the way where minimax does "
    "not cover half",
    arms=("least squares", "minimax"),
    run=run,
    check=check,
    control={"least squares": "minimax"},
    control_description="minimax in place of both",
    quick=Budget(3, {"ahead": 1500, "steps": 1500}),
    full=Budget(5, {"ahead": 10_000, "steps": 5000}),
)

from __future__ import annotations

import math

import torch

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.theory import GaussianMixture

SIDE = 400.0  # of the cube that noise is uniform on, far larger than the data


def run(arm: str, seed: int, dim: int, share: float, count: int) -> Numbers:
    """A model of which a share is noise, against the model itself."""
    means = 6 * torch.randn(5, dim).double()
    cov = torch.eye(dim).double().expand(5, dim, dim)
    good = GaussianMixture(torch.full((5,), 0.2).double(), means, cov)
    x = means[torch.randint(5, (count,))] + torch.randn(count, dim).double()
    part = share if arm == "noise mixed in" else 0.0
    noise = math.log(max(part, 1e-300)) - dim * math.log(SIDE)
    alone = good.log_prob(x)
    mixed = torch.logaddexp(math.log(1 - part) + alone, torch.full_like(alone, noise))
    made = torch.where(torch.rand(count, 1) < part, SIDE * (torch.rand(count, dim) - 0.5), x)
    near = torch.cdist(made, means).amin(1) < 2 * math.sqrt(dim)
    return {
        "drop": float((alone - mixed).mean()),
        "limit": -math.log(1 - share),
        "good samples": float(near.double().mean()),
    }


def check(arms: Arms) -> list[Check]:
    drop, limit = (arms.mean("noise mixed in", key) for key in ("drop", "limit"))
    lost = arms.mean("the model", "good samples") / arms.mean("noise mixed in", "good samples")
    return [
        below("likelihood lost, nats", drop, limit + 1e-9),
        above("likelihood lost", drop, limit - 0.01),
        above("fewer good samples, times", lost, 50.0),
    ]


EXPERIMENT = Experiment(
    id="M3",
    title="Noise costs almost no likelihood",
    claim="A model of which 99 in 100 samples are noise has a likelihood that is lower by at most "
    "log 100 = 4.605 nats, next to nothing among hundreds.",
    paper="arXiv:1511.01844, section 3.2",
    metric="mean log-likelihood of data under a mixture, alone and with 99 % noise",
    criterion="loss at most log 100, and within 0.01 of it; 50 times fewer good samples",
    arms=("the model", "noise mixed in"),
    run=run,
    check=check,
    control={"noise mixed in": "the model"},
    control_description="no noise",
    quick=Budget(3, {"dim": 50, "share": 0.99, "count": 5000}),
    full=Budget(5, {"dim": 50, "share": 0.99, "count": 100_000}),
)

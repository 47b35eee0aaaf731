from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, near
from gansmith.networks.mlp import MLPCritic


def run(arm: str, seed: int, steps: int, many: int) -> Numbers:
    dim, count = (100, 256) if arm == "few" else (2, many)
    real, fake = torch.randn(count, dim), torch.randn(count, dim)
    D = MLPCritic(dim, 256, 2)
    optim = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(steps):
        rows = torch.randint(count, (min(256, count),))
        loss = F.softplus(-D(real[rows])).mean() + F.softplus(D(fake[rows])).mean()
        optim.zero_grad()
        loss.backward()
        optim.step()
    fresh = torch.randn(20_000, dim), torch.randn(20_000, dim)
    return {"training": _accuracy(D, real, fake), "fresh": _accuracy(D, *fresh)}


@torch.no_grad()
def _accuracy(D: nn.Module, real: Tensor, fake: Tensor) -> float:
    return float(((D(real) > 0).double().mean() + (D(fake) < 0).double().mean()) / 2)


def check(arms: Arms) -> list[Check]:
    return [
        above("accuracy on the training points", arms.mean("few", "training"), 0.99),
        near("accuracy on fresh points", arms.mean("few", "fresh"), 0.5, 0.03),
    ]


EXPERIMENT = Experiment(
    id="T4",
    title="With few samples D separates anything",
    claim="Two sets of 256 points of one Gaussian in 100 dimensions are separated without error, "
    "although their distributions are equal: such an accuracy means nothing.",
    paper="arXiv:1701.04862",
    metric="accuracy of D on the points it was trained on, and on fresh ones",
    criterion="at least 0.99 on the training points, 0.5 within 0.03 on fresh ones",
    arms=("few", "many"),
    run=run,
    check=check,
    control={"few": "many"},
    control_description="100,000 points in two dimensions, which D cannot memorize",
    quick=Budget(3, {"steps": 600, "many": 100_000}),
    full=Budget(5, {"steps": 1500, "many": 100_000}),
)

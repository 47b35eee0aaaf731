from __future__ import annotations

import math

import torch

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.tools import normal_distribution
from gansmith.metrics import best_bandwidth, log_kernel_density


def run(arm: str, seed: int, count: int) -> Numbers:
    data = open_data("digits")
    samples, test = (data.train["real"], data.held_out["real"])
    x, y = (part.flatten(1).double() / 127.5 for part in (samples[:1000], test[:50]))
    std = best_bandwidth(samples=x[:900], validation=x[900:])
    factor = 1.0 if arm == "validated" else 10.0
    found = log_kernel_density(samples=x, x=y, std=factor * std, chunk=7)
    exponent = -(y[:, None] - x).square().sum(2) / (2 * std**2)
    brute = (
        exponent.logsumexp(1)
        - math.log(len(x))
        - x.shape[1] * math.log(std * math.sqrt(2 * math.pi))
    )
    line = torch.randn(count, 1).double()
    held, fresh = torch.randn(2000, 1).double(), torch.randn(20_000, 1).double()
    window = factor * best_bandwidth(samples=line, validation=held)
    true = float(normal_distribution(0.0).log_prob(fresh).mean())
    return {
        "brute": float((found - brute).abs().max()),
        "line": abs(float(log_kernel_density(samples=line, x=fresh, std=window).mean()) - true),
    }


def check(arms: Arms) -> list[Check]:
    return [
        below("difference to the sum written out", arms.mean("validated", "brute"), 1e-6),
        below("error on a Gaussian line, nats", arms.mean("validated", "line"), 0.05),
    ]


EXPERIMENT = Experiment(
    id="M1",
    title="Parzen-window likelihood",
    claim="A Gaussian on each sample makes a density; its bandwidth is chosen by validation.",
    paper="arXiv:1406.2661, section 5",
    metric="log-likelihood against the explicit sum, and against the truth in one dimension",
    criterion="to 1e-6; within 0.05 nat of the truth with 10,000 samples",
    arms=("validated", "ten times as wide"),
    run=run,
    check=check,
    control={"validated": "ten times as wide"},
    control_description="a bandwidth ten times as large",
    quick=Budget(3, {"count": 10_000}),
    full=Budget(10, {"count": 10_000}),
)

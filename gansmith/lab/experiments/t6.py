from __future__ import annotations

import torch
import torch.nn.functional as F

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.losses.objectives import OBJECTIVES


def run(arm: str, seed: int, count: int) -> Numbers:
    logit = (8 * torch.randn(count, dtype=torch.float64)).requires_grad_(True)
    flipped = F.binary_cross_entropy_with_logits(logit, torch.ones_like(logit))
    loss = OBJECTIVES[arm].g(None, logit)
    slopes = [torch.autograd.grad(x, logit)[0] for x in (flipped, loss)]
    value = float((flipped - loss).detach().abs())
    return {"difference": max(value, count * float((slopes[0] - slopes[1]).abs().max()))}


def check(arms: Arms) -> list[Check]:
    return [below("difference", arms.mean("non-saturating", "difference"), 1e-6)]


EXPERIMENT = Experiment(
    id="T6",
    title="Flipped labels are the non-saturating loss",
    claim="To train G by cross-entropy with fakes labelled real is to minimize -log D.",
    paper="arXiv:1406.2661, section 3",
    metric="difference of the losses and of their gradients, over random logits",
    criterion="at most 1e-6",
    arms=("non-saturating", "minimax"),
    run=run,
    check=check,
    control={"non-saturating": "minimax"},
    control_description="log(1 - D), which is another loss",
    quick=Budget(3, {"count": 1000}),
    full=Budget(3, {"count": 100_000}),
)

from __future__ import annotations

import torch

from gansmith.core.images import to_float
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import preset_trainer


def run(arm: str, seed: int, steps: int, first: int, width: int) -> Numbers:
    """The critic's gradient near the data, and its overfitting to the training examples."""
    trainer = preset_trainer(arm, "fashion", seed, steps, first=first, width=width)
    trainer.fit()
    data, D = open_data("fashion"), trainer.players["D"].eval()
    known, unknown = (to_float(data.train["real"][:first]), to_float(data.held_out["real"][:first]))
    x = known + 0.1 * torch.randn_like(known)
    slopes = []
    for part in x.split(250):
        part = part.requires_grad_()
        (slope,) = torch.autograd.grad(D(part).sum(), part)
        slopes.append(slope.flatten(1).norm(dim=1))
    steep = torch.cat(slopes)
    with torch.no_grad():
        train_scores, held_out_scores = (
            torch.cat([D(part) for part in each.split(250)]) for each in (known, unknown)
        )
    return {
        "violation": float((steep - 1).relu().mean()),
        "gap": float((train_scores.mean() - held_out_scores.mean()) / train_scores.std()),
    }


def check(arms: Arms) -> list[Check]:
    gp = arms.mean("wgan-gp", "violation")
    return [
        above("mean slope beyond 1 next to the data, penalty alone", gp, 1e-3),
        below("with consistency over without", arms.mean("wgan-ct", "violation") / gp, 0.7),
        below(
            "gap from training to held-out pictures, with less without",
            arms.mean("wgan-ct", "gap") - arms.mean("wgan-gp", "gap"),
            0.0,
        ),
    ]


EXPERIMENT = Experiment(
    id="WD7",
    title="A consistent critic is smooth next to the data",
    claim="A penalty between real and fake is seldom evaluated near the data; a term that makes D "
    "agree with itself there bounds its gradient and reduces overfitting to few examples.",
    paper="arXiv:1803.01541",
    metric="mean of max(0, gradient norm - 1) around training pictures; D on training less "
    "held-out ones",
    criterion="at most 0.7 of the excess over 1; a smaller gap",
    arms=("wgan-ct", "wgan-gp"),
    run=run,
    check=check,
    control={"wgan-ct": "wgan-gp"},
    control_description="the penalty alone",
    quick=Budget(3, {"steps": 1000, "first": 1000, "width": 16}),
    full=Budget(3, {"steps": 4000, "first": 1000, "width": 32}),
)

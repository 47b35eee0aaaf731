from __future__ import annotations

import torch
from torch import Tensor

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import trainer_of


def run(arm: str, seed: int, steps: int, first: int, width: int) -> Numbers:
    """How steep the critic is next to the data, and how much better it knows what it was shown."""
    trainer = trainer_of(arm, "fashion", seed, steps, first=first, width=width)
    trainer.fit()
    data, D = open_data("fashion"), trainer.players["D"].eval()
    known, unknown = (fed(data.train["real"][:first]), fed(data.held["real"][:first]))
    x = known + 0.1 * torch.randn_like(known)
    slopes = []
    for part in x.split(250):
        part = part.requires_grad_()
        (slope,) = torch.autograd.grad(D(part).sum(), part)
        slopes.append(slope.flatten(1).norm(dim=1))
    steep = torch.cat(slopes)
    with torch.no_grad():
        seen, new = (torch.cat([D(part) for part in each.split(250)]) for each in (known, unknown))
    return {
        "violation": float((steep - 1).relu().mean()),
        "gap": float((seen.mean() - new.mean()) / seen.std()),
    }


def fed(x: Tensor) -> Tensor:
    """Bytes as players see them."""
    return x.float() / 127.5 - 1


def check(arms: Arms) -> list[Check]:
    gp = arms.mean("wgan-gp", "violation")
    return [
        above("mean slope beyond 1 next to the data, penalty alone", gp, 1e-3),
        below("with consistency over without", arms.mean("wgan-ct", "violation") / gp, 0.7),
        below(
            "gap from training to held-out pictures, with over without",
            arms.mean("wgan-ct", "gap") / arms.mean("wgan-gp", "gap"),
            1.0,
        ),
    ]


EXPERIMENT = Experiment(
    id="WD7",
    title="A consistent critic is smooth next to the data",
    says="A penalty between real and fake seldom looks at the data itself; a term that asks D to "
    "agree with itself there bounds its slope and keeps it from learning few data by heart.",
    paper="arXiv:1803.01541",
    metric="mean of max(0, slope - 1) around training pictures; D on training less held-out ones",
    criterion="at most 0.7 of the slope beyond 1; a smaller gap",
    arms=("wgan-ct", "wgan-gp"),
    run=run,
    check=check,
    control={"wgan-ct": "wgan-gp"},
    fails="the penalty alone",
    quick=Form(1, {"steps": 1000, "first": 1000, "width": 16}),
    full=Form(3, {"steps": 4000, "first": 1000, "width": 32}),
)

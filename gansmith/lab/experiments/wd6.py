from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, below, near
from gansmith.penalties import Interpolated, one_sided, two_sided

COSTS = {"two-sided": two_sided, "one-sided": one_sided}
WEIGHT = 10.0


class Slanted(nn.Module):
    """x -> slope x_0."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * x[:, 0]


def run(arm: str, seed: int, count: int) -> Numbers:
    penalty = Interpolated(WEIGHT, COSTS[arm])
    real, fake = torch.randn(count, 3).double(), torch.randn(count, 3).double()
    mix = torch.rand(count, 1).double()
    return {
        f"slope {slope:g}": float(penalty(Slanted(slope), real, fake, mix).detach()) / WEIGHT
        for slope in (0.5, 1.0, 2.0)
    }


def check(arms: Arms) -> list[Check]:
    two, one = "two-sided", "one-sided"
    return [
        near("two-sided at slope 1/2, over the weight", arms.mean(two, "slope 0.5"), 0.25, 1e-9),
        below("one-sided at slope 1/2", arms.mean(one, "slope 0.5"), 1e-12),
        near("two-sided at slope 2", arms.mean(two, "slope 2"), 1.0, 1e-9),
        near("one-sided at slope 2", arms.mean(one, "slope 2"), 1.0, 1e-9),
    ]


EXPERIMENT = Experiment(
    id="WD6",
    title="Only slopes above 1 need a penalty",
    says="The two-sided penalty also costs where the critic is flatter than 1; the one-sided one "
    "leaves it alone.",
    paper="arXiv:1704.00028, section 4; arXiv:1709.08894",
    metric="penalty of linear critics of slope 1/2 and 2, over its weight",
    criterion="1/4 and 0 at slope 1/2; 1 and 1 at slope 2, to 1e-9",
    arms=("two-sided", "one-sided"),
    run=run,
    check=check,
    control={"two-sided": "one-sided", "one-sided": "two-sided"},
    fails="the two exchanged",
    quick=Form(1, {"count": 1000}),
    full=Form(1, {"count": 1000}),
    departs="the distance reached in training by either is in the table of wgan-lp and wgan-gp",
)

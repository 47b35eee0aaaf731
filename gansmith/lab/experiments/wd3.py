from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from gansmith.core.constraints import Constraint, WeightClipping, spectral_norm_all
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import fit_critic, normal_sampler, single_axes
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.mlp import MLPCritic
from gansmith.penalties import InterpolatedGP, NoPenalty, one_sided

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHIFT, WEIGHT = 4.0, 10.0
EXPECTED = SHIFT * (1 + SHIFT / (2 * WEIGHT))


def run(arm: str, seed: int, steps: int, dim: int) -> Numbers:
    D: Any = MLPCritic(dim, 64, 2)
    penalty: Any = NoPenalty()
    after = None
    if arm == "penalty":
        penalty = InterpolatedGP(WEIGHT)
    elif arm == "one-sided penalty":
        penalty = InterpolatedGP(WEIGHT, one_sided)
    elif arm == "clipping":
        clip = WeightClipping(D, 0.05)
        after = lambda _: clip.after_move()  # noqa: E731
    elif arm == "spectral norm":
        D = spectral_norm_all(D, iterations=3)
        after = _power
    real, fake = normal_sampler(SHIFT, dim=dim), normal_sampler(0.0, dim=dim)
    values = []
    for part in range(4):
        fit_critic(
            D.requires_grad_(True),
            OBJECTIVES["wasserstein"],
            real,
            fake,
            steps=steps // 4,
            penalty=penalty,
            after=after,
            lr=1e-3,
            decay=part == 3 and arm != "nothing",
            seed=seed + 100 * part,
        )
        with torch.no_grad():
            values.append(float(D(real(20_000)).mean() - D(fake(20_000)).mean()))
    return {"value": values[-1], "growth": values[-1] / values[-2], "values": values}


def _power(D: torch.nn.Module) -> None:
    for module in D.modules():
        if isinstance(module, Constraint):
            module.after_move()


def check(arms: Arms) -> list[Check]:
    def off(arm: str) -> float:
        return abs(arms.mean(arm, "value") / EXPECTED - 1)

    return [
        above("nothing: value over W", arms.mean("nothing", "value") / SHIFT, 50.0),
        above("nothing: growth in the last quarter", arms.mean("nothing", "growth"), 1.05),
        below("penalty: off W (1 + W / (2 weight)) by", off("penalty"), 0.07),
        below("one-sided: off by", off("one-sided penalty"), 0.07),
        below("spectral norm: value over W", arms.mean("spectral norm", "value") / SHIFT, 1.01),
        above("spectral norm: value over W", arms.mean("spectral norm", "value") / SHIFT, 0.3),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in arms.numbers:
        axes.plot(arms.first(arm, "values"), "o-", ms=3, lw=1, label=arm)
    axes.axhline(SHIFT, color="grey", ls="--", lw=1)
    axes.set_yscale("log")
    axes.set_xlabel("quarter of the training")
    axes.set_ylabel("E D(real) - E D(fake)")
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="WD3",
    title="The critic needs a bound on its gradient",
    claim="max E D(real) - E D(fake) is W when D is 1-Lipschitz; without a bound it grows for "
    "ever. With a penalty of weight w and a pure shift by W it is W (1 + W / (2 w)).",
    paper="arXiv:1701.07875, Equation 2; arXiv:1704.00028",
    metric="value of the critic between N(0, I) and N(4, I) on fresh samples",
    criterion="without a bound over 50 W and growing; penalties within 7 %; spectral norm in "
    "[0.3, 1.01] W",
    arms=("nothing", "clipping", "penalty", "one-sided penalty", "spectral norm"),
    run=run,
    check=check,
    control={"penalty": "nothing"},
    control_description="the critic without a bound in place of the penalized one",
    quick=Budget(3, {"steps": 2400, "dim": 2}),
    full=Budget(3, {"steps": 6000, "dim": 10}),
    plot=plot,
)

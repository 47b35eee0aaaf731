from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below, rises
from gansmith.lab.tools import fit_critic, single_axes
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.mlp import MLPCritic
from gansmith.penalties import InterpolatedGP
from gansmith.theory import optimal_transport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAPS = (4.0, 2.0, 1.0, 0.5)
WEIGHT = 10.0


def line(x: float, n: int) -> Tensor:
    """A vertical line of length 1 at x."""
    return torch.stack([torch.full((n,), x), torch.rand(n)], 1)


def divergence(real: Tensor, fake: Tensor) -> float:
    """The JSD estimated by D's logits."""
    return float((F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean()) / 2 + math.log(2))


def run(arm: str, seed: int, steps: int) -> Numbers:
    js, critic, exact = [], [], 0.0
    for gap in GAPS:
        at = 0.0 if arm == "same line" else gap

        def real(n: int) -> Tensor:
            return line(0.0, n)

        def fake(n: int, at: float = at) -> Tensor:
            return line(at, n)

        height = torch.rand(200, dtype=torch.float64)
        x = torch.stack([torch.zeros(200).double(), height], 1)
        y = torch.stack([torch.full((200,), at).double(), height], 1)
        exact = max(exact, abs(optimal_transport(x, y).cost - at))
        D = MLPCritic(2, 64, 2)
        fit_critic(D, OBJECTIVES["minimax"], real, fake, steps=steps, lr=3e-3)
        js.append(divergence(D(real(20_000)), D(fake(20_000))))
        W = MLPCritic(2, 64, 2)
        penalty = InterpolatedGP(WEIGHT)
        fit_critic(W, OBJECTIVES["wasserstein"], real, fake, steps=steps, lr=3e-3, penalty=penalty)
        critic.append(float(W(real(20_000)).mean() - W(fake(20_000)).mean()))
    return {"exact": exact, "js": js, "critic": critic}


def check(arms: Arms) -> list[Check]:
    js, critic = (arms.mean_list("lines apart", key) for key in ("js", "critic"))
    expected = [gap * (1 + gap / (2 * WEIGHT)) for gap in GAPS]
    off = max(abs(found / true - 1) for found, true in zip(critic, expected, strict=False))
    return [
        below("error of the exact cost", arms.mean("lines apart", "exact"), 1e-8),
        above("least JSD by a trained D", min(js), 0.65),
        below("greatest", max(js), 0.70),
        below("error of the critic's value", off, 0.07),
        rises("the critic's values fall with the gap", [-x for x in critic]),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    axes.plot(GAPS, arms.first("lines apart", "critic"), "o-", label="W by a critic with penalty")
    axes.plot(GAPS, GAPS, "--", color="grey", lw=1, label="W")
    axes.plot(GAPS, arms.first("lines apart", "js"), "s-", label="JSD by a trained D")
    axes.axhline(math.log(2), color="grey", ls=":", lw=1)
    axes.set_xlabel("gap between two parallel lines")
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="WD1",
    title="JSD is flat where W has a gradient",
    claim="Between two lines that do not meet JSD is log 2 whatever the gap, W is the gap: only W "
    "says in which direction they get nearer.",
    paper="arXiv:1701.07875, Example 1",
    metric="exact transport, JSD by a trained D, value of a critic with penalty; gaps 4 to 0.5",
    criterion="cost to 1e-8; JSD in [0.65, 0.70]; critic within 7 % of W (1 + W / (2 weight))",
    arms=("lines apart", "same line"),
    run=run,
    check=check,
    control={"lines apart": "same line"},
    control_description="two samples of one line",
    quick=Budget(3, {"steps": 800}),
    full=Budget(3, {"steps": 1600}),
    plot=plot,
)

from __future__ import annotations

import torch
from torch import Tensor, nn

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below, near
from gansmith.lab.tools import preset_trainer, sample_on_cpu
from gansmith.penalties import InterpolatedGP, NoPenalty, one_sided, two_sided
from gansmith.theory import optimal_transport

COSTS = {"two-sided": two_sided, "one-sided": one_sided}
TRAINED = {"two-sided, trained": "wgan-gp", "one-sided, trained": "wgan-lp"}
UNBOUNDED = "no penalty, trained"
DATA = ("ring", "swiss-roll")
WEIGHT = 10.0
SAMPLES = 1000  # on each side of the exact transport plan


class LinearCritic(nn.Module):
    """x -> slope x_0."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * x[:, 0]


def run(arm: str, seed: int, count: int, steps: int) -> Numbers:
    if arm in COSTS:
        return penalties(arm, count)
    numbers: Numbers = {}
    for data in DATA:
        numbers |= trained(arm, data, seed, steps)
    return numbers


def penalties(arm: str, count: int) -> Numbers:
    """The penalty of linear critics, over its weight."""
    penalty = InterpolatedGP(WEIGHT, COSTS[arm])
    real, fake = torch.randn(count, 3).double(), torch.randn(count, 3).double()
    mix = torch.rand(count, 1).double()
    return {
        f"slope {slope:g}": float(penalty(LinearCritic(slope), real, fake, mix).detach()) / WEIGHT
        for slope in (0.5, 1.0, 2.0)
    }


def trained(arm: str, data: str, seed: int, steps: int) -> Numbers:
    """The Wasserstein distance that G reaches, and D's gradient norms between real and fake."""
    trainer = preset_trainer(
        TRAINED.get(arm, "wgan-gp"), data, seed, steps, penalty_weight=WEIGHT, batch=128
    )
    game = trainer.game
    assert isinstance(game, GAN)
    if arm == UNBOUNDED:
        game.penalty = NoPenalty()
    trainer.fit()
    real = open_data(data).held_out["real"][:SAMPLES]
    fake = sample_on_cpu(game, SAMPLES, Rng(seed, 1))
    x = torch.lerp(real, fake, torch.rand(SAMPLES, 1)).requires_grad_()
    (gradient,) = torch.autograd.grad(game.D(x).sum(), x)
    norm = gradient.norm(dim=1)
    with trainer.ema.applied(game) as averaged:
        distance = optimal_transport(sample_on_cpu(averaged, SAMPLES, Rng(seed, 2)), real).cost
    return {
        f"W, {data}": distance,
        f"norm, {data}": float(norm.mean()),
        f"excess, {data}": float((norm - 1).relu().mean()),
    }


def check(arms: Arms) -> list[Check]:
    two, one = "two-sided", "one-sided"
    gp, lp = TRAINED
    found = [
        near("two-sided at slope 1/2, over the weight", arms.mean(two, "slope 0.5"), 0.25, 1e-9),
        below("one-sided at slope 1/2", arms.mean(one, "slope 0.5"), 1e-12),
        near("two-sided at slope 2", arms.mean(two, "slope 2"), 1.0, 1e-9),
        near("one-sided at slope 2", arms.mean(one, "slope 2"), 1.0, 1e-9),
    ]
    for data in DATA:
        ratio = arms.mean(lp, f"W, {data}") / arms.mean(gp, f"W, {data}")
        norm, excess = arms.mean(gp, f"norm, {data}"), arms.mean(lp, f"excess, {data}")
        found += [
            below(f"distance reached on {data}, one-sided over two-sided", ratio, 1.2),
            near(f"norm of D's gradient on {data}, two-sided", norm, 1.0, 0.2),
            below(f"norm beyond 1 on {data}, one-sided", excess, 0.1),
        ]
    return found


EXPERIMENT = Experiment(
    id="WD6",
    title="Only gradient norms above 1 need a penalty",
    claim="The two-sided penalty keeps the norm of the critic's gradient at 1 and also costs "
    "where it is smaller; the one-sided penalty only keeps it below 1, and G comes at least as "
    "near to the data.",
    paper="arXiv:1704.00028, section 4; arXiv:1709.08894",
    metric="penalty of linear critics of slope 1/2 and 2, over its weight; after training on a "
    "ring of Gaussians and a swiss roll: exact Wasserstein distance of 1,000 samples to held-out "
    "points, and D's gradient norm between real and generated points",
    criterion="penalty 1/4 and 0 at slope 1/2, 1 and 1 at slope 2, to 1e-9; distance with the "
    "one-sided penalty at most 1.2 of that with the two-sided; norm within 0.2 of 1 with the "
    "two-sided, at most 0.1 above 1 in the mean with the one-sided",
    arms=(*COSTS, *TRAINED, UNBOUNDED),
    run=run,
    check=check,
    control={"two-sided": "one-sided", "one-sided": "two-sided", "one-sided, trained": UNBOUNDED},
    control_description="the two penalties exchanged; a critic without any",
    quick=Budget(1, {"count": 1000, "steps": 1500}),
    full=Budget(3, {"count": 1000, "steps": 6000}),
)

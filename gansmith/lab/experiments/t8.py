from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.tools import normal_distribution
from gansmith.theory import divergence, max_with_gradient

REAL = normal_distribution(0.0)
STEP = 1e-4


def run(arm: str, seed: int, points: int) -> Numbers:
    functions = [_hill, _slant, _wave]
    off = 0.0
    for x in torch.linspace(-2.05, 2.1, points, dtype=torch.float64)[:, None]:
        ranked = sorted(functions, key=lambda f: float(f(x)))
        if float(ranked[2](x) - ranked[1](x)) < 1e-2:
            continue  # at a kink there is no derivative
        second = [ranked[1]]
        slope = max_with_gradient(functions if arm == "active branch" else second, x).gradient
        up, down = (max_with_gradient(functions, x + s).value for s in (STEP, -STEP))
        off = max(off, abs(float(slope) - (up - down) / (2 * STEP)))
    return {"branch": off} | _game(arm)


def _hill(x: Tensor) -> Tensor:
    return -((x + 1) ** 2).sum()


def _slant(x: Tensor) -> Tensor:
    return (0.5 * x).sum()


def _wave(x: Tensor) -> Tensor:
    return (torch.sin(3 * x) - 0.2).sum()


def _game(arm: str) -> Numbers:
    """Gradients of G's losses at the best D, for a G that shifts, against those of divergences."""
    shift = 1.3
    fixed = normal_distribution(shift)
    z = torch.linspace(-8, 8, 40_001, dtype=torch.float64)
    weight = normal_distribution(0.0).log_prob(z).exp()
    weight = weight / weight.sum()
    theta = torch.tensor(shift, dtype=torch.float64, requires_grad=True)
    x = z + theta
    of = (
        fixed if arm == "active branch" else normal_distribution(shift + 1)
    )  # the best D of another G
    logit = REAL.log_prob(x) - of.log_prob(x)
    losses = {  # and their gradients as multiples of those of JSD and of KL(q, p)
        "minimax": (-(weight * F.softplus(logit)).sum(), 2.0, 0.0),
        "non-saturating": ((weight * F.softplus(-logit)).sum(), -2.0, 1.0),
    }
    numbers = {}
    for name, (loss, jsd, kl) in losses.items():
        (slope,) = torch.autograd.grad(loss, theta, retain_graph=True)
        true = jsd * _slope("jensen-shannon", shift) + kl * _slope("reverse-kl", shift)
        numbers[name] = abs(float(slope) - true) / abs(true)
    return numbers


def _slope(name: str, shift: float) -> float:
    up, down = (divergence(name, REAL, normal_distribution(shift + s)) for s in (STEP, -STEP))
    return (up - down) / (2 * STEP)


def check(arms: Arms) -> list[Check]:
    keys = ("branch", "minimax", "non-saturating")
    return [below(f"error, {key}", arms.mean("active branch", key), 1e-3) for key in keys]


EXPERIMENT = Experiment(
    id="T8",
    title="A maximum is differentiated through its active branch",
    claim="The gradient of max_D V(G, D) is that of V at the optimal D (Danskin). So minimax "
    "follows 2 grad JSD, and non-saturating grad(KL(q, p) - 2 JSD).",
    paper="doi:10.1007/978-3-642-46092-0; arXiv:1701.04862, Theorem 2.5",
    metric="autograd through the active branch against finite differences of the exact value",
    criterion="relative error below 1e-3",
    arms=("active branch", "another branch"),
    run=run,
    check=check,
    control={"active branch": "another branch"},
    control_description="the second best branch; the D that is optimal for another G",
    quick=Budget(1, {"points": 300}),
    full=Budget(1, {"points": 3000}),
)

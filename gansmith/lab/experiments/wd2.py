from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment, linprog

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.metrics import wasserstein_1d
from gansmith.theory import TransportPlan, optimal_transport


def run(arm: str, seed: int, n: int, tries: int) -> Numbers:
    x, y = torch.randn(n, 2).double(), torch.randn(n, 2).double() + 1
    plan = optimal_transport(x, y)
    cost = plan.cost if arm == "the plan" else plan.cost_of(_any_plan(n, seed))
    costs = torch.cdist(x, y).numpy()
    rows, columns = linear_sum_assignment(costs)
    line = optimal_transport(x[:, :1], y[:, :1])
    on_line = line.cost if arm == "the plan" else line.cost_of(_any_plan(n, seed))
    others = [plan.cost_of(_any_plan(n, seed + 1 + i)) for i in range(tries)]
    return {
        "assignment": abs(cost - float(costs[rows, columns].mean())),
        "program": abs(cost - _linear_program(costs)),
        "line": abs(on_line - wasserstein_1d(x[:, 0], y[:, 0])),
        "margin": min(others) - cost,
        "sums": _sums(plan),
    }


def _any_plan(n: int, seed: int) -> np.ndarray:
    return np.eye(n)[np.random.default_rng(seed).permutation(n)] / n


def _sums(plan: TransportPlan) -> float:
    return float(
        max(abs(plan.matrix.sum(1) - plan.a).max(), abs(plan.matrix.sum(0) - plan.b).max())
    )


def _linear_program(costs: np.ndarray) -> float:
    """The least cost as a linear program over all entries of the plan."""
    n = len(costs)
    sums = np.zeros((2 * n, n * n))
    for i in range(n):
        sums[i, i * n : (i + 1) * n] = 1
        sums[n + i, i::n] = 1
    found = linprog(costs.ravel(), A_eq=sums, b_eq=np.full(2 * n, 1 / n), method="highs")
    return float(found.fun)


def check(arms: Arms) -> list[Check]:
    arm = "the plan"
    return [
        below("difference to the assignment", arms.mean(arm, "assignment"), 1e-6),
        below("difference to the linear program", arms.mean(arm, "program"), 1e-6),
        below("difference to the quantiles, on the line", arms.mean(arm, "line"), 1e-6),
        above("random plans cost more by", min(arms.values(arm, "margin")), 0.0),
        below("error of its sums", arms.mean(arm, "sums"), 1e-9),
    ]


EXPERIMENT = Experiment(
    id="WD2",
    title="The optimal transport plan",
    claim="The Wasserstein distance is the cost of the cheapest plan that moves one distribution "
    "onto another.",
    paper="textbook; arXiv:1803.00567",
    metric="exact transport against assignment, linear program, quantiles, random plans",
    criterion="equal to 1e-6; no plan is cheaper; rows and columns sum to the weights",
    arms=("the plan", "a random plan"),
    run=run,
    check=check,
    control={"the plan": "a random plan"},
    control_description="a random plan",
    quick=Budget(3, {"n": 30, "tries": 50}),
    full=Budget(5, {"n": 60, "tries": 1000}),
)

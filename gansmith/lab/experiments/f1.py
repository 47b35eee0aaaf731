from __future__ import annotations

import numpy as np
import torch

from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.losses.fdivergence import F_DIVERGENCES
from gansmith.theory import CONJUGATES


def run(arm: str, seed: int, points: int) -> Numbers:
    """The worst error over the ten rows: of f*, of the activation's range, of f*(f'(u))."""
    u = torch.from_numpy(np.geomspace(1e-6, 1e6, points))
    worst = {"conjugate": 0.0, "outside": 0.0, "equality": 0.0, "threshold": 0.0}
    for name, row in CONJUGATES.items():
        table = F_DIVERGENCES[_read(name, arm)]
        f = F_DIVERGENCES[name].f(u)
        v = torch.linspace(-30, 30, 241, dtype=torch.float64)
        t = table.activation(v)
        outside = max(float(row.low - t.min()), float(t.max() - row.high), 0.0)
        inside = t[(v.abs() < 4) & (t > row.low) & (t < row.high)]
        sup = torch.stack([(u * s - f).max() for s in inside])
        error = (table.conjugate(inside) - sup).abs() / (1 + sup.abs())
        at = torch.linspace(0.2, 5, 97, dtype=torch.float64)
        at = at[at.sub(1).abs() > 1e-6].requires_grad_(True)
        (slope,) = torch.autograd.grad(F_DIVERGENCES[name].f(at).sum(), at)
        tight = table.conjugate(slope) - (at * slope - F_DIVERGENCES[name].f(at)).detach()
        found = {
            "conjugate": float(error.max()),
            "outside": outside,
            "equality": float(torch.nan_to_num(tight, nan=torch.inf).abs().max()),
            "threshold": abs(table.threshold - row.threshold),
        }
        worst = {key: max(worst[key], found[key]) for key in worst}
    return worst


def _read(name: str, arm: str) -> str:
    swapped = {"pearson": "neyman", "neyman": "pearson"}
    return swapped.get(name, name) if arm == "integrals swapped" else name


def check(arms: Arms) -> list[Check]:
    return [
        below("error of f* against the supremum", arms.mean("table", "conjugate"), 1e-4),
        below("activation outside the domain by", arms.mean("table", "outside"), 0.0),
        below("error of f*(f'(u)) = u f'(u) - f(u)", arms.mean("table", "equality"), 1e-4),
        below("error of f'(1)", arms.mean("table", "threshold"), 1e-6),
    ]


EXPERIMENT = Experiment(
    id="F1",
    title="The table of f-divergences",
    claim="Ten generators with their conjugates, and output activations that keep T inside the "
    "domain of f*.",
    paper="arXiv:1606.00709, Tables 1 and 6",
    metric="f* against sup_u(u t - f(u)) over a grid of u; ranges; Fenchel equality",
    criterion="errors of at most 1e-4; no activation leaves the domain for v in [-30, 30]",
    arms=("table", "integrals swapped"),
    run=run,
    check=check,
    control={"table": "integrals swapped"},
    control_description="Pearson's and Neyman's integrals exchanged, as in the published table",
    quick=Budget(1, {"points": 100_000}),
    full=Budget(1, {"points": 1_000_000}),
)

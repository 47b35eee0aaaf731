from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below, rises
from gansmith.lab.tools import single_axes
from gansmith.metrics import GaussianStats, frechet_distance, frechet_from_features, load_judge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 5
DISTORTIONS = ("blur", "noise", "dropped classes")


def distorted(x: Tensor, label: Tensor, how: str, step: int) -> Tensor:
    """The pictures with `step` steps of a distortion."""
    if step == 0:
        return x
    if how == "blur":
        for _ in range(step):
            x = F.avg_pool2d(x.float(), 3, 1, 1).round().to(torch.uint8)
        return x
    if how == "noise":
        return (x + 12.0 * step * Rng(step).normal(*x.shape)).clamp(0, 255).to(torch.uint8)
    return x[label >= step]


def run(arm: str, seed: int, count: int) -> Numbers:
    data, judge = open_data("fashion"), load_judge("fashion")
    order = Rng(seed, 3).permutation(data.spec.held_out)[:count]
    x, label = data.held_out["real"][order], data.held_out["label"][order]
    real = judge.extract(data.train["real"][:count])[0]
    numbers: Numbers = {"floor": frechet_from_features(judge.extract(x)[0], real)}
    for place, how in enumerate(DISTORTIONS):
        numbers[how] = []
        for step in range(STEPS + 1):
            shown = distorted(x, label, how, step)
            if arm == "unharmed":  # other pictures at every step
                shown = x[Rng(seed, 4, place, step).integers(len(x), len(x))]
            numbers[how].append(frechet_from_features(judge.extract(shown)[0], real))
    return numbers | {"exact": _exact(arm == "harmed")}


def _exact(whole: bool) -> float:
    """Error against closed forms: in one dimension, and for commuting covariances.

    whole: with the means, which the first closed form has.
    """
    line = [GaussianStats(torch.tensor([m]).double(), torch.tensor([[s**2]]).double(), 10)
            for m, s in ((1.0, 2.0), (-0.5, 0.3))]  # fmt: skip
    off = abs(frechet_distance(*line) - (1.5**2 * whole + 1.7**2))
    basis = torch.linalg.qr(torch.randn(6, 6).double()).Q
    one, two = torch.rand(6).double() + 0.1, torch.rand(6).double() + 0.1
    both = [
        GaussianStats(torch.zeros(6).double(), basis @ d.diag() @ basis.T, 10) for d in (one, two)
    ]
    return max(off, abs(frechet_distance(*both) - float((one.sqrt() - two.sqrt()).square().sum())))


def check(arms: Arms) -> list[Check]:
    found = [below("error against closed forms", arms.mean("harmed", "exact"), 1e-6)]
    curves = {how: arms.mean_list("harmed", how) for how in DISTORTIONS}
    return [*found, *(rises(f"rises with every step of {how}", curves[how]) for how in curves)]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for how in DISTORTIONS:
        axes.plot(arms.first("harmed", how), "o-", ms=3, label=how)
    axes.axhline(arms.first("harmed", "floor"), color="grey", ls="--", lw=1, label="real")
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("cFID")
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="M6",
    title="The Frechet distance detects every distortion",
    claim="The distance between Gaussians fitted to features rises with blur, with noise and with "
    "missing classes.",
    paper="arXiv:1706.08500",
    metric="Frechet distance of the judge's features, held-out pictures with five steps of a "
    "distortion",
    criterion="closed forms to 1e-6; rises at every step of every distortion",
    arms=("harmed", "unharmed"),
    run=run,
    check=check,
    control={"harmed": "unharmed"},
    control_description="other pictures at every step, none distorted; a closed form without means",
    quick=Budget(3, {"count": 1500}),
    full=Budget(3, {"count": 4000}),
    plot=plot,
)

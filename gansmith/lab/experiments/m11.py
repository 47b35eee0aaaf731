from __future__ import annotations

from typing import TYPE_CHECKING

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below, rises
from gansmith.lab.tools import single_axes
from gansmith.metrics import load_judge, make_bins, ndb

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DROPPED = (0, 1, 2, 4, 6)


def run(arm: str, seed: int, count: int, bins: int) -> Numbers:
    data, judge = open_data("fashion"), load_judge("fashion")
    known = make_bins(judge.extract(data.train["real"][:count])[0], bins, seed=seed)
    held, label = data.held_out["real"], data.held_out["label"]
    ratios = []
    for dropped in DROPPED:
        kept = held[label >= (dropped if arm == "classes dropped" else 0)]
        ratios.append(ndb(judge.extract(kept[:count])[0], known, level=0.01).ratio)
    return {"ratios": ratios, "real": ratios[0]}


def check(arms: Arms) -> list[Check]:
    curve = arms.mean_list("classes dropped", "ratios")
    return [
        below("share of different bins, real against real", curve[0], 0.1),
        rises("it grows with every class that is dropped", curve),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ("classes dropped", "nothing dropped"):
        axes.plot(DROPPED, arms.first(arm, "ratios"), "o-", ms=3, label=arm)
    axes.set_xlabel("classes dropped, of 10")
    axes.set_ylabel("share of different bins")
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="M11",
    title="Number of statistically different bins counts dropped modes",
    claim="The share of k-means bins whose counts differ by more than chance is near 0 for real "
    "against real, and grows with the classes that are left out.",
    paper="arXiv:1805.12462",
    metric="number of statistically different bins over all, of features of fashion",
    criterion="real against real at most 0.1; grows with every further class dropped",
    arms=("classes dropped", "nothing dropped"),
    run=run,
    check=check,
    control={"classes dropped": "nothing dropped"},
    control_description="nothing dropped",
    quick=Budget(3, {"count": 2000, "bins": 50}),
    full=Budget(3, {"count": 4000, "bins": 100}),
    plot=plot,
)

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, rises
from gansmith.lab.tools import single_axes
from gansmith.metrics import best_bandwidth, log_kernel_density, make_bins

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, centres: int, data: str, counts: list[int]) -> Numbers:
    """Likelihood of held-out pictures under windows on k-means centers, or on real pictures."""
    source = open_data(data)
    order = Rng(seed, 5).permutation(source.spec.train)
    train = source.train["real"][order].flatten(1).double() / 127.5
    held = source.held_out["real"].flatten(1).double()[:1000] / 127.5
    valid, test = held[: len(held) // 2], held[len(held) // 2 :]
    real = train[:centres]
    if arm == "k-means":
        real = make_bins(train[:6000], centres, seed=seed).centers
    found = log_kernel_density(
        samples=real, x=test, std=best_bandwidth(samples=real, validation=valid)
    )
    growing = [
        float(
            log_kernel_density(
                samples=train[:n], x=test, std=best_bandwidth(samples=train[:n], validation=valid)
            ).mean()
        )
        for n in counts
    ]
    return {
        "value": float(found.mean()),
        "se": float(found.std()) / math.sqrt(len(found)),
        "growing": growing,
    }


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("k-means", "value") - arms.mean("real", "value")
    se = math.hypot(arms.mean("k-means", "se"), arms.mean("real", "se"))
    curve = arms.mean_list("real", "growing")
    return [
        above("gain of k-means centres over real pictures, in SE", gain / se, 3.0),
        rises("the number grows with the count of samples", curve),
        above("and still does at the end, nats", curve[-1] - curve[-2], 1.0),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    axes.plot(arms.first("real", "growing"), "o-", label="real pictures")
    axes.set_xlabel("more samples, four times as many each")
    axes.set_ylabel("log-likelihood, nats")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="M2",
    title="Parzen-window likelihood misleads",
    claim="Windows on k-means centers, which are blurred averages, make held-out pictures more "
    "likely than windows on as many real pictures; and the number grows with the number of "
    "samples.",
    paper="arXiv:1511.01844, section 5",
    metric="mean log-likelihood of held-out pictures, the bandwidth by validation",
    criterion="k-means above real by more than 3 SE; still growing at the end",
    arms=("k-means", "real"),
    run=run,
    check=check,
    control={"k-means": "real"},
    control_description="real pictures in place of the centers",
    quick=Budget(3, {"centres": 100, "data": "digits", "counts": [50, 200, 800]}),
    full=Budget(3, {"centres": 100, "data": "fashion", "counts": [100, 400, 1600, 6400]}),
    plot=plot,
)

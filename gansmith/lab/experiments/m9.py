from __future__ import annotations

import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.metrics import duplicate_threshold, load_judge, support_size

SIZES = (50, 200, 1000, 5000)


def run(arm: str, seed: int, repeats: int, pictures: int) -> Numbers:
    right = 0
    for size in SIZES:
        for again in range(repeats):
            many = size if arm == "collapsed" else 64 * size
            draws = Rng(seed, size, again).integers(many, 8 * int(size**0.5) + 20).double()
            estimate = support_size(draws[:, None]).estimate
            right += size / 2 <= estimate <= 2 * size
    data, judge = open_data("fashion"), load_judge("fashion")
    threshold = duplicate_threshold(judge.extract(data.train["real"][:pictures])[0], 1e-5)
    others = data.train["real"][pictures:]
    made = judge.extract(others[Rng(seed, 6).permutation(len(others))[:pictures]])[0]
    if arm == "collapsed":  # a hundred pictures, repeated with a little noise
        few = data.held_out["real"][Rng(seed, 4).integers(100, pictures)]
        noisy = (few + 4 * Rng(seed, 5).normal(*few.shape)).clamp(0, 255).to(torch.uint8)
        made = judge.extract(noisy)[0]
    return {
        "right": right / (repeats * len(SIZES)),
        "support": min(support_size(made, threshold).estimate, 1e9),
    }


def check(arms: Arms) -> list[Check]:
    ratio = arms.mean("collapsed", "support") / arms.mean("real", "support")
    return [
        above("planted supports found to a factor 2", arms.mean("collapsed", "right"), 0.95),
        below("support of a collapsed generator over real", ratio, 0.1),
    ]


EXPERIMENT = Experiment(
    id="M9",
    title="The birthday paradox estimates a generator's support",
    claim="Among s samples of N equally likely ones two are equal with probability 1/2 when s is "
    "about 1.18 sqrt N: duplicates estimate N. If 400 samples contain a duplicate half of the "
    "time, N is 115,260.",
    paper="arXiv:1706.08224",
    metric="support from pairs of duplicates; duplicates by features, calibrated on real ones",
    criterion="planted 50 to 5,000 to a factor of 2 in 95 %; a collapsed one at most 0.1 of real",
    arms=("collapsed", "real"),
    run=run,
    check=check,
    control={"collapsed": "real"},
    control_description="other real pictures; draws from 64 times as many",
    quick=Budget(3, {"repeats": 50, "pictures": 2000}),
    full=Budget(3, {"repeats": 200, "pictures": 4000}),
    departures="the exact N for 400 samples is 115,260; the often quoted 115,416 is s^2 / (2 log "
    "2), an approximation",
)

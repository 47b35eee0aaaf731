from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import single_axes
from gansmith.metrics import nearest_neighbors, nearest_shifted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHIFTS = (0, 1, 2, 3, 4)


def run(arm: str, seed: int, count: int, train: int) -> Numbers:
    """How often a shifted training picture's nearest neighbor is the picture itself."""
    source = open_data("fashion").train["real"][:train]
    # with a fine texture, so that two shifted copies have little in common
    grain = Rng(seed, 9).integers(128, *source.shape)
    pictures = (source // 2 + grain).to(torch.uint8)
    picked = Rng(seed, 2).permutation(train)[:count]
    numbers: Numbers = {"found": []}
    for shift in SHIFTS:
        moved = torch.roll(pictures[picked], (shift, shift), (2, 3))
        if arm == "pixels":
            x, reference = (part.flatten(1).double() for part in (moved, pictures))
            place = nearest_neighbors(x=x, reference=reference).index
        elif arm == "aligned":
            place = nearest_shifted(x=moved, reference=pictures, max_shift=4).index
        else:
            place = Rng(seed, 3, shift).integers(train, count)
        numbers["found"].append(float((place == picked).double().mean()))
    return numbers


def check(arms: Arms) -> list[Check]:
    pixels, aligned = (arms.mean_list(arm, "found") for arm in ("pixels", "aligned"))
    return [
        above("by pixels, not shifted", pixels[0], 1.0),
        below("by pixels, the least over shifts of 1 to 4", min(pixels[1:]), 0.5),
        above("by aligned pixels, the least over shifts", min(aligned), 0.9),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ("pixels", "aligned", "chance"):
        axes.plot(SHIFTS, arms.first(arm, "found"), "o-", ms=3, label=arm)
    axes.set_xlabel("shift, pixels")
    axes.set_ylabel("share of copies found")
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="M7",
    title="A shift of two pixels hides a copy",
    claim="The nearest neighbor in pixels of a copied picture is another one as soon as the copy "
    "is shifted a little; a search over shifts finds it again.",
    paper="arXiv:1511.01844, Figure 4",
    metric="share of shifted, textured training pictures whose nearest neighbor is their source",
    criterion="1 without a shift, below 0.5 at some shift up to 4; with the search at least 0.9 "
    "at all",
    arms=("pixels", "aligned", "chance"),
    run=run,
    check=check,
    control={"aligned": "chance"},
    control_description="a random neighbor",
    quick=Budget(3, {"count": 100, "train": 1000}),
    full=Budget(3, {"count": 500, "train": 5000}),
    plot=plot,
)

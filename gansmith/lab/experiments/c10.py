from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from torch import Tensor

from gansmith.core.images import to_uint8
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.data.builtin.spoken_pictures import KNOWN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.metrics import load_judge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("pairs", "shuffled pairs", "real pictures")
INK = 64  # of 255 levels


def crop_to_ink(pictures: Tensor) -> Tensor:
    """Digits of any size, uint8 (N, 1, H, W), resized to the judge's 8x8 pixels.

    The square as high as the ink, around its middle; black where there is no ink.
    """
    found = torch.zeros(len(pictures), 1, 8, 8)
    for place, page in enumerate(pictures[:, 0]):
        ink = page > INK
        if ink.any():
            rows, columns = ink.any(1).nonzero(), ink.any(0).nonzero()
            top, side = int(rows[0]), int(rows[-1] - rows[0]) + 1
            left = int(columns[0] + columns[-1] + 1 - side) // 2 + side
            square = F.pad(page, (side, side))[top : top + side, left : left + side]
            found[place] = F.interpolate(square[None, None].float(), (8, 8), mode="area")[0]
    return found.round().to(torch.uint8)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Share of pictures of the spoken digit; rank correlation of loudness and ink."""
    data = open_data("spoken-pictures")
    held = data.held_out
    if arm == "real pictures":
        samples = held["real"]
    else:
        if arm == "shuffled pairs":
            given = data.train["condition"][Rng(seed, 7).permutation(data.spec.train)]
            data = replace(data, train=data.train | {"condition": given})
        trainer = preset_trainer_on_dataset(data, "sound-to-image", seed, steps, width=width)
        trainer.fit(steps)
        samples = to_uint8(conditional_samples(trainer, data, data.spec.held_out))
    _, probabilities = load_judge("digits").extract(crop_to_ink(samples))
    area, level = samples.float().mean((1, 2, 3)), held["level"]
    quiet, loud = level < KNOWN[0], level > KNOWN[1]
    order = level.argsort()[:: len(level) // 32][:32]
    return {
        "right": float((probabilities.argmax(1) == held["label"]).double().mean()),
        "all": _rank(level, area),
        "outside": _rank(level[quiet | loud], area[quiet | loud]),
        "quiet": _rank(level[quiet], area[quiet]),
        "loud": _rank(level[loud], area[loud]),
        "sheet": encode_sheet(samples[order]),
    }


def _rank(level: Tensor, area: Tensor) -> float:
    """Spearman's correlation; 0 where all areas are equal."""
    return 0.0 if bool((area == area[0]).all()) else float(spearmanr(level, area)[0])


def check(arms: Arms) -> list[Check]:
    return [
        above("share of pictures of the spoken digit", arms.mean("pairs", "right"), 0.6),
        above("rank correlation of loudness and ink", arms.mean("pairs", "all"), 0.6),
        above("the same outside the loudness of training", arms.mean("pairs", "outside"), 0.6),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ARMS}, 3)


EXPERIMENT = Experiment(
    id="C10",
    title="The louder the sound, the larger the picture",
    claim="A conditional GAN draws the spoken digit, also for unseen speakers, and draws it "
    "larger the louder the sound, also outside the range of loudness in training: it has not "
    "memorized the pairs.",
    paper="arXiv:1808.04108",
    metric="share of pictures that the judge assigns to the spoken digit; Spearman's correlation "
    "of loudness and ink; two speakers that are not in the training set",
    criterion="0.6 of the digits; correlation 0.6, over all levels and over those outside the "
    "training range",
    arms=ARMS,
    run=run,
    check=check,
    control={"pairs": "shuffled pairs"},
    control_description="the same game on mismatched sounds and pictures",
    quick=Budget(1, {"steps": 1200, "width": 16}),
    full=Budget(3, {"steps": 4000, "width": 32}),
    plot=plot,
)

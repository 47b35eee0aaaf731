from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.data.builtin.spoken_pictures import KNOWN
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.lab.tools import answers_of, kept, sheets, trainer_for
from gansmith.metrics import load_judge
from gansmith.modalities.sheets import to_uint8

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("pairs", "shuffled pairs", "real pictures")
INK = 64  # of 255 levels


def as_written(pictures: Tensor) -> Tensor:
    """Digits of any size, uint8 (N, 1, H, W), brought to the 8x8 pixels that the judge knows.

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
    """Share of pictures of the digit that was said; rank correlation of loudness and ink."""
    data = open_data("spoken-pictures")
    held = data.held
    if arm == "real pictures":
        made = held["real"]
    else:
        if arm == "shuffled pairs":
            given = data.train["given"][Rng(seed, 7).permutation(data.spec.train)]
            data = replace(data, train=data.train | {"given": given})
        trainer = trainer_for(data, "sound-to-image", seed, steps, width=width)
        trainer.fit(steps)
        made = to_uint8(answers_of(trainer, data, data.spec.held))
    _, seen = load_judge("digits").look(as_written(made))
    area, level = made.float().mean((1, 2, 3)), held["level"]
    quiet, loud = level < KNOWN[0], level > KNOWN[1]
    order = level.argsort()[:: len(level) // 32][:32]
    return {
        "right": float((seen.argmax(1) == held["label"]).double().mean()),
        "all": _rank(level, area),
        "outside": _rank(level[quiet | loud], area[quiet | loud]),
        "quiet": _rank(level[quiet], area[quiet]),
        "loud": _rank(level[loud], area[loud]),
        "sheet": kept(made[order]),
    }


def _rank(level: Tensor, area: Tensor) -> float:
    """Spearman's correlation; 0 where all areas are one."""
    return 0.0 if bool((area == area[0]).all()) else float(spearmanr(level, area)[0])


def check(arms: Arms) -> list[Check]:
    return [
        above("share of pictures of the digit that was said", arms.mean("pairs", "right"), 0.6),
        above("rank correlation of loudness and ink", arms.mean("pairs", "all"), 0.6),
        above("the same outside the loudness of training", arms.mean("pairs", "outside"), 0.6),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in ARMS}, 3)


EXPERIMENT = Experiment(
    id="C10",
    title="The louder the sound, the larger the picture",
    says="A conditional GAN draws what it hears, of voices that it never heard, and the louder the "
    "larger, also where it is quieter or louder than in training: it has not learnt by heart.",
    paper="arXiv:1808.04108",
    metric="share of pictures that the judge of digits takes for the digit that was said; "
    "Spearman's correlation of loudness and ink; two speakers that are not trained on",
    criterion="0.6 of the digits; correlation 0.6, over all levels and over those outside training",
    arms=ARMS,
    run=run,
    check=check,
    control={"pairs": "shuffled pairs"},
    fails="the same game on sounds and pictures that do not belong together",
    quick=Form(1, {"steps": 1200, "width": 16}),
    full=Form(3, {"steps": 4000, "width": 32}),
    picture=picture,
)

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import answers_of, kept, numbers_of, sheets, trainer_for
from gansmith.presets.paired import patch_judge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDES = {"1 pixel": 1, "7 pixels": 7, "16 pixels": 16, "whole": 0}


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """cFID of the answers, D's size, what one of its logits sees, and how it takes 64 pixels."""
    data = open_data("emoji-lines")
    trainer = trainer_for(data, "pix2pix", seed, steps, patch=SIDES[arm], width=width)
    trainer.fit(steps)
    numbers = numbers_of(trainer, data)
    D = trainer.game.get_submodule("D").eval()
    try:
        large = D(torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)).numel()
    except (ValueError, RuntimeError):
        large = 0
    return {
        "cfid": numbers["cfid"],
        "sharpness": numbers["sharpness"],
        "parameters of D": sum(p.numel() for p in D.parameters()),
        "logits at 64 pixels": large,
        "seen": seen(SIDES[arm], 4, 64),
        "sheet": kept(answers_of(trainer, data, 32)),
    }


def seen(patch: int, width: int, side: int) -> int:
    """Side of the square of pixels that have a slope in the middle logit; 0 for a single logit."""
    judge = patch_judge(1, side, patch, width).double().eval()
    for part in judge.modules():
        if isinstance(part, nn.Conv2d):  # all weights above 0, so that no path cancels another
            nn.init.constant_(part.weight, 0.01)
    x = torch.ones(1, 1, side, side, dtype=torch.double, requires_grad=True)
    logits = judge(x)
    if logits.dim() < 4:
        return 0
    middle = logits.shape[2] // 2
    logits[0, 0, middle, middle].backward()
    assert x.grad is not None
    return int((x.grad[0, 0] != 0).any(0).sum())


def check(arms: Arms) -> list[Check]:
    cfid = {arm: arms.mean(arm, "cfid") for arm in SIDES}
    middle = min(cfid["7 pixels"], cfid["16 pixels"])
    size = {arm: arms.mean(arm, "parameters of D") for arm in SIDES}
    said = ", ".join(f"{arm} {value:.3g}" for arm, value in cfid.items())
    saw = {arm: arms.each(arm, "seen") for arm in SIDES}
    exact = all(set(saw[arm]) == {side} for arm, side in SIDES.items())
    return [
        below(f"cFID ({said}), middle patch over one pixel", middle / cfid["1 pixel"], 0.9),
        above("parameters, D of the whole over 7 pixels", size["whole"] / size["7 pixels"], 3.0),
        Check("a logit has slopes in just as many pixels as its patch has", exact),
        Check(
            "patches take pictures of 64 pixels",
            min(arms.mean(arm, "logits at 64 pixels") for arm in ("7 pixels", "16 pixels")) > 1,
        ),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in SIDES})


EXPERIMENT = Experiment(
    id="C7",
    title="Judging patches is enough",
    says="A D that judges patches has fewer weights, takes pictures of any size, and is better "
    "than one that judges pixels; the side of the patch is to be tuned.",
    paper="arXiv:1611.07004, section 4.4",
    metric="cFID of colours for line art, by side of the patch; parameters; where the slope of a "
    "logit is not 0",
    criterion="7 or 16 pixels at most 0.9 of one pixel's cFID; the whole's D at least 3 times as "
    "large; patches exact; any size",
    arms=tuple(SIDES),
    run=run,
    check=check,
    control={"7 pixels": "1 pixel", "16 pixels": "1 pixel"},
    fails="the judge of pixels in the place of the patches",
    quick=Form(1, {"steps": 1000, "width": 32}),
    full=Form(3, {"steps": 3000, "width": 32}),
    picture=picture,
)

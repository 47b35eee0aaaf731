from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    evaluate_trainer,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.presets.paired import patch_discriminator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDES = {"1 pixel": 1, "7 pixels": 7, "16 pixels": 16, "whole": 0}


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """cFID, D's size, the receptive field of its logits, and whether it takes 64 pixels."""
    data = open_data("emoji-lines")
    trainer = preset_trainer_on_dataset(
        data, "pix2pix", seed, steps, patch_size=SIDES[arm], width=width
    )
    trainer.fit(steps)
    numbers = evaluate_trainer(trainer, data)
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
        "receptive field off": abs(receptive_field(SIDES[arm], 4, 64) - SIDES[arm]),
        "sheet": encode_sheet(conditional_samples(trainer, data, 32)),
    }


def receptive_field(patch: int, width: int, side: int) -> int:
    """Side of the receptive field of the middle logit, by its gradient; 0 for a single logit."""
    discriminator = patch_discriminator(1, side, patch, width).double().eval()
    for part in discriminator.modules():
        if isinstance(part, nn.Conv2d):  # positive weights, so that no path cancels another
            nn.init.constant_(part.weight, 0.01)
    x = torch.ones(1, 1, side, side, dtype=torch.double, requires_grad=True)
    logits = discriminator(x)
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
    listed = ", ".join(f"{arm} {value:.3g}" for arm, value in cfid.items())
    off = max(arms.mean(arm, "receptive field off") for arm in SIDES)
    return [
        below(f"cFID ({listed}), middle patch over one pixel", middle / cfid["1 pixel"], 0.9),
        above("parameters, D of the whole over 7 pixels", size["whole"] / size["7 pixels"], 3.0),
        below("a logit has slopes in as many pixels as its patch has, off by", off, 0.0),
        above(
            "logits of patches for pictures of 64 pixels",
            min(arms.mean(arm, "logits at 64 pixels") for arm in ("7 pixels", "16 pixels")),
            2,
        ),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in SIDES})


EXPERIMENT = Experiment(
    id="C7",
    title="A discriminator of patches is enough",
    claim="A D of patches has fewer weights, takes pictures of any size, and is better than one "
    "of single pixels; the size of the patch is a hyperparameter.",
    paper="arXiv:1611.07004, section 4.4",
    metric="cFID of colored line art, by patch size; parameters of D; receptive field of a logit",
    criterion="7 or 16 pixels at most 0.9 of the cFID of one pixel; D of the whole picture at "
    "least 3 times as large; receptive fields exact; any picture size",
    arms=tuple(SIDES),
    run=run,
    check=check,
    control={"7 pixels": "1 pixel", "16 pixels": "1 pixel"},
    control_description="a D of single pixels in place of the patches",
    quick=Budget(3, {"steps": 1000, "width": 32}),
    full=Budget(3, {"steps": 3000, "width": 32}),
    plot=plot,
)

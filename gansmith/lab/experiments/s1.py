from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F

from gansmith.core.images import to_float
from gansmith.data import open_data
from gansmith.evaluation.adherence import reconstruction
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.metrics import image_reference, load_judge, quick_images
from gansmith.metrics.spectrum import high_frequency_ratio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("bicubic", "L2", "L2 + GAN")
HELD = 2000


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """PSNR to the true pictures, cFID, and fine detail over real."""
    data = open_data("down4:fashion")
    true = data.held_out["real"][:HELD]
    if arm == "bicubic":
        small = to_float(data.held_out["condition"][:HELD])
        samples = F.interpolate(small, scale_factor=4, mode="bicubic").clamp(-1, 1)
    else:
        shared = {"width": width, "batch": 16}
        if arm == "L2":
            trainer = preset_trainer_on_dataset(
                data, "regression", seed, steps, distance="l2", **shared
            )
        else:
            trainer = preset_trainer_on_dataset(data, "super-resolution", seed, steps, **shared)
        trainer.fit(steps)
        samples = conditional_samples(trainer, data, HELD)
    judge = load_judge("fashion")
    return {
        "psnr": reconstruction(samples, data)["psnr"].value,
        "cfid": quick_images(samples, image_reference(true, judge), judge),
        "detail": high_frequency_ratio(generated=samples, real=true),
        "sheet": encode_sheet(samples[:32]),
    }


def check(arms: Arms) -> list[Check]:
    psnr = {arm: arms.mean(arm, "psnr") for arm in ARMS}
    cfid = arms.mean("L2 + GAN", "cfid") / arms.mean("L2", "cfid")
    off = {arm: abs(1 - arms.mean(arm, "detail")) for arm in ARMS}
    return [
        above("PSNR of L2 less that of the GAN, dB", psnr["L2"] - psnr["L2 + GAN"], 0.0),
        above("PSNR of the GAN less bicubic's, dB", psnr["L2 + GAN"] - psnr["bicubic"], 0.0),
        below("cFID, GAN over L2", cfid, 0.7),
        below("fine detail's distance to real, GAN over L2", off["L2 + GAN"] / off["L2"], 1.0),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="S1",
    title="Super-resolution invents its details",
    claim="The enlargements of a conditional GAN are sharp and look real, and are further from "
    "the true picture than those of a regression, which are soft.",
    paper="arXiv:1609.04802, table 2",
    metric="PSNR, cFID and high-frequency energy over real, garments enlarged from 7 to 28 pixels",
    criterion="PSNR: L2 over GAN over bicubic; cFID of the GAN at most 0.7 of L2's; detail nearer "
    "to real's",
    arms=ARMS,
    run=run,
    check=check,
    control={"L2 + GAN": "L2"},
    control_description="L2 in place of the GAN",
    quick=Budget(3, {"steps": 1200, "width": 16}),
    full=Budget(3, {"steps": 4000, "width": 32}),
    plot=plot,
)

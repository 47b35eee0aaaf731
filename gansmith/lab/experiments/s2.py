from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.data.transforms.degrade import Degradation, cut_hole, degrade_by
from gansmith.evaluation.adherence import reconstruction
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.metrics import image_reference, load_judge, quick_images

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("mean fill", "L2", "L2 + adversarial")
HELD, HOLE = 2000, 12


def square_hole(pictures: Tensor, rng: Rng) -> Tensor:
    """A hole of 12 x 12 pixels at a random place."""
    n, _, side, _ = pictures.shape
    start = rng.integers(side - HOLE + 1, n, 2)
    t = torch.arange(side)
    inside = [(t >= start[:, i : i + 1]) & (t < start[:, i : i + 1] + HOLE) for i in (0, 1)]
    return cut_hole(pictures, inside[0][:, None, :, None] & inside[1][:, None, None, :])


def fashion_with_holes() -> Dataset:
    """Garments, each with a square missing."""
    how = Degradation("square", square_hole, lambda channels: channels + 1)
    return degrade_by(how, open_data("fashion"))


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """PSNR of the whole picture, cFID, and the judge's accuracy."""
    data = fashion_with_holes()
    given, label = data.held_out["condition"][:HELD], data.held_out["label"][:HELD]
    if arm == "mean fill":
        mean = data.train["real"].float().mean(0) / 127.5 - 1
        samples = torch.where(given[:, 1:] > 0, mean, to_float(given[:, :1]))
    else:
        shared = {"width": width, "batch": 16}
        if arm == "L2":
            trainer = preset_trainer_on_dataset(
                data, "regression", seed, steps, distance="l2", **shared
            )
        else:
            trainer = preset_trainer_on_dataset(data, "inpainting", seed, steps, **shared)
        trainer.fit(steps)
        samples = conditional_samples(trainer, data, HELD)
    judge = load_judge("fashion")
    return {
        "psnr": reconstruction(samples, data)["psnr"].value,
        "cfid": quick_images(samples, image_reference(data.held_out["real"][:HELD], judge), judge),
        "right": float((judge.extract(samples)[1].argmax(1) == label).float().mean()),
        "sheet": encode_sheet(samples[:32]),
    }


def check(arms: Arms) -> list[Check]:
    both, l2 = "L2 + adversarial", "L2"
    gain = arms.mean(both, "psnr") - arms.mean("mean fill", "psnr")
    right = arms.mean(both, "right") - arms.mean(l2, "right")
    return [
        below("cFID, adversarial over L2", arms.mean(both, "cfid") / arms.mean(l2, "cfid"), 0.8),
        above("judge's accuracy, adversarial less L2", right, 0.0),
        above("PSNR over mean fill, dB", gain, 3.0),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="S2",
    title="Inpainting with a discriminator looks real",
    claim="A regression fills a hole with a blur; with a discriminator, the filling looks real.",
    paper="arXiv:1604.07379",
    metric="cFID, the judge's accuracy and PSNR, garments with a hole of 12 x 12 pixels",
    criterion="cFID at most 0.8 of L2's, accuracy no lower; PSNR 3 dB over filling in the mean",
    arms=ARMS,
    run=run,
    check=check,
    control={"L2 + adversarial": "mean fill"},
    control_description="filling with the mean picture",
    quick=Budget(3, {"steps": 1200, "width": 16}),
    full=Budget(3, {"steps": 4000, "width": 32}),
    plot=plot,
)

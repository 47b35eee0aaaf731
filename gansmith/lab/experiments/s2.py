from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.data.transforms.degrade import Degradation, degraded_by, with_hole
from gansmith.evaluation.adherence import to_answer
from gansmith.evaluation.select import judge_of
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import answers_of, kept, sheets, trainer_for
from gansmith.metrics import image_reference, quick_images

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("mean fill", "L2", "L2 + adversarial")
HELD, HOLE = 2000, 12


def square(pictures: Tensor, rng: Rng) -> Tensor:
    """A hole of 12 x 12 pixels, anywhere inside."""
    n, _, side, _ = pictures.shape
    start = rng.integers(side - HOLE + 1, n, 2)
    t = torch.arange(side)
    inside = [(t >= start[:, i : i + 1]) & (t < start[:, i : i + 1] + HOLE) for i in (0, 1)]
    return with_hole(pictures, inside[0][:, None, :, None] & inside[1][:, None, None, :])


def holed() -> Dataset:
    """Garments, each with a square missing."""
    how = Degradation("square", square, lambda channels: channels + 1)
    return degraded_by(how, open_data("fashion"))


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """PSNR of the whole picture, cFID, and the judge's accuracy."""
    data = holed()
    given, label = data.held["given"][:HELD], data.held["label"][:HELD]
    if arm == "mean fill":
        mean = data.train["real"].float().mean(0) / 127.5 - 1
        made = torch.where(given[:, 1:] > 0, mean, given[:, :1].float() / 127.5 - 1)
    else:
        shared = {"width": width, "batch": 16}
        if arm == "L2":
            trainer = trainer_for(data, "regression", seed, steps, distance="l2", **shared)
        else:
            trainer = trainer_for(data, "completion", seed, steps, **shared)
        trainer.fit(steps)
        made = answers_of(trainer, data, HELD)
    judge = judge_of("fashion", 1)
    return {
        "psnr": to_answer(made, data)["psnr"].value,
        "cfid": quick_images(made, image_reference(data.held["real"][:HELD], judge), judge),
        "right": float((judge.look(made)[1].argmax(1) == label).float().mean()),
        "sheet": kept(made[:32]),
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


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="S2",
    title="What is missing is filled in",
    says="A regression fills a hole with a blur; with a discriminator, what it fills in looks "
    "real.",
    paper="arXiv:1604.07379",
    metric="cFID, the judge's accuracy and PSNR, garments with a hole of 12 x 12 pixels",
    criterion="cFID at most 0.8 of L2's, accuracy no lower; PSNR 3 dB over filling in the mean",
    arms=ARMS,
    run=run,
    check=check,
    control={"L2 + adversarial": "mean fill"},
    fails="filling in the mean picture",
    quick=Form(1, {"steps": 1200, "width": 16}),
    full=Form(3, {"steps": 4000, "width": 32}),
    picture=picture,
)

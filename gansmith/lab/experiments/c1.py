from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gansmith.core.recipe import falling
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.build import image_dataset
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import kept, sheets, trainer_for
from gansmith.metrics.sharpness import sharpness_ratio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 16
SHAPES = ("square", "disc", "cross", "ring")
COLOURS = torch.tensor([[-0.6, -0.6, 0.9], [0.9, -0.6, -0.6]])  # blue, red
ROWS = 512


def shapes() -> Tensor:
    """Every answer, (shape, mode, 3, SIDE, SIDE): left or right, blue or red, on white."""
    t = torch.arange(SIDE).float()
    answers = []
    for shape in SHAPES:
        for middle in (4.5, 10.5):
            y, x = t[:, None] - 7.5, t[None] - middle
            r = (y**2 + x**2).sqrt()
            mask = {
                "square": (y.abs() < 3.2) & (x.abs() < 3.2),
                "disc": r < 3.7,
                "cross": ((y.abs() < 1.2) | (x.abs() < 1.2)) & (r < 4.2),
                "ring": (r < 4) & (r > 1.9),
            }[shape]
            answers += [torch.where(mask, colour[:, None, None], 1.0) for colour in COLOURS]
    return torch.stack(answers).view(len(SHAPES), 4, 3, SIDE, SIDE)


@cache
def data() -> Dataset:
    """Shapes asked by name; where each lies, and in which of two colours, is chance."""
    rng, whole = Rng(21), shapes()
    fields = []
    for count in (4 * ROWS, ROWS):
        label, mode = rng.integers(len(SHAPES), count), rng.integers(4, count)
        real = (whole[label, mode] * 127.5 + 127.5).round().to(torch.uint8)
        fields.append({"real": real, "label": label})
    return image_dataset("shapes", *fields, classes=SHAPES)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """How near answers lie to the mean of what is right, how many are right, and how sharp."""
    preset, keywords = "cgan", {"width": width, "wrong": 1.0}
    if arm == "L2":
        preset, keywords = "regression", {}
    if arm == "untrained":
        steps = 0
    trainer = trainer_for(data(), preset, seed, steps, **keywords)
    trainer.schedule = falling(0.3)  # at one rate a game this small goes round to its end
    trainer.fit(steps)
    label = torch.arange(4 * 64) % len(SHAPES)
    with trainer.averages.playing(trainer.game) as game, torch.no_grad():
        answers = game.answer(label, Rng(seed, 9))  # type: ignore[operator]
    whole = shapes()
    means = whole.mean(1)
    off = (answers - means[label]).square().mean((1, 2, 3)).sqrt()
    apart = (whole - means[:, None]).square().mean((2, 3, 4)).sqrt().mean()
    each = (answers[:, None] - whole[label]).square().mean((2, 3, 4)).sqrt()
    real = whole[label, Rng(seed).integers(4, len(label))]
    return {
        "from mean": float(off.mean() / apart),
        "in mode": float((each.amin(1) < 0.5 * apart).float().mean()),
        "sharpness": sharpness_ratio(answers, real),
        "sheet": kept(answers[:32]),
    }


def check(arms: Arms) -> list[Check]:
    return [
        below("L2's distance to the conditional mean", arms.mean("L2", "from mean"), 0.05),
        below("sharpness of L2 over real", arms.mean("L2", "sharpness"), 0.5),
        above("share of the GAN's answers that are right", arms.mean("GAN-CLS", "in mode"), 0.8),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in ("L2", "GAN-CLS")})


EXPERIMENT = Experiment(
    id="C1",
    title="Regression answers with an average",
    says="Where a condition has several right answers, least squares learns their mean, which is "
    "none of them; a conditional GAN picks one.",
    paper="arXiv:1605.05396",
    metric="distance to the mean of the right answers, over that of a right answer; share of "
    "answers nearer to a right one than half of that; sharpness over real",
    criterion="L2 within 0.05 of the mean and at most half as sharp; 0.8 of the GAN's are right",
    arms=("L2", "GAN-CLS", "untrained"),
    run=run,
    check=check,
    control={"GAN-CLS": "L2", "L2": "untrained"},
    fails="L2's answers as the GAN's, an untrained net as L2",
    quick=Form(1, {"steps": 5000, "width": 32}),
    full=Form(3, {"steps": 6000, "width": 32}),
    picture=picture,
)

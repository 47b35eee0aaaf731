from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gansmith.core.recipe import linear_decay
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.build import image_dataset
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import encode_sheet, preset_trainer_on_dataset, sheets_figure
from gansmith.metrics.sharpness import sharpness_ratio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 16
SHAPES = ("square", "disc", "cross", "ring")
COLOURS = torch.tensor([[-0.6, -0.6, 0.9], [0.9, -0.6, -0.6]])  # blue, red
ROWS = 512


def all_answers() -> Tensor:
    """All right outputs, (shape, mode, 3, SIDE, SIDE): left or right, blue or red, on white."""
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
    """Shapes conditioned on their name; place and color are random."""
    rng, whole = Rng(21), all_answers()
    fields = []
    for count in (4 * ROWS, ROWS):
        label, mode = rng.integers(len(SHAPES), count), rng.integers(4, count)
        real = (whole[label, mode] * 127.5 + 127.5).round().to(torch.uint8)
        fields.append({"real": real, "label": label})
    return image_dataset("shapes", *fields, classes=SHAPES)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Distance of the outputs to the mean of the right ones, share of right ones, sharpness."""
    preset, keywords = "cgan", {"width": width, "mismatch_weight": 1.0, "real_weight": 2.0}
    if arm == "L2":
        preset, keywords = "regression", {}
    if arm == "untrained":
        steps = 0
    trainer = preset_trainer_on_dataset(data(), preset, seed, steps, **keywords)
    trainer.schedule = linear_decay(
        0.3
    )  # at a constant rate a game this small oscillates to its end
    trainer.fit(steps)
    label = torch.arange(4 * 64) % len(SHAPES)
    with trainer.ema.applied(trainer.game) as game, torch.no_grad():
        answers = game.generate(label, Rng(seed, 9))  # type: ignore[operator]
    whole = all_answers()
    means = whole.mean(1)
    off = (answers - means[label]).square().mean((1, 2, 3)).sqrt()
    apart = (whole - means[:, None]).square().mean((2, 3, 4)).sqrt().mean()
    each = (answers[:, None] - whole[label]).square().mean((2, 3, 4)).sqrt()
    real = whole[label, Rng(seed).integers(4, len(label))]
    return {
        "from mean": float(off.mean() / apart),
        "in mode": float((each.amin(1) < 0.5 * apart).float().mean()),
        "sharpness": sharpness_ratio(generated=answers, real=real),
        "sheet": encode_sheet(answers[:32]),
    }


def check(arms: Arms) -> list[Check]:
    return [
        below("L2's distance to the conditional mean", arms.mean("L2", "from mean"), 0.05),
        below("sharpness of L2 over real", arms.mean("L2", "sharpness"), 0.5),
        above("share of the GAN's answers that are right", arms.mean("GAN-CLS", "in mode"), 0.8),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ("L2", "GAN-CLS")})


EXPERIMENT = Experiment(
    id="C1",
    title="Regression predicts an average",
    claim="Where a condition has several right outputs, least squares learns their mean, which is "
    "none of them; a conditional GAN picks one.",
    paper="arXiv:1605.05396",
    metric="distance to the mean of the right outputs, over that of a right output; share of "
    "outputs nearer to a right one than half of that; sharpness over real",
    criterion="L2 within 0.05 of the mean and at most half as sharp; 0.8 of the GAN's outputs are "
    "right",
    arms=("L2", "GAN-CLS", "untrained"),
    run=run,
    check=check,
    control={"GAN-CLS": "L2", "L2": "untrained"},
    control_description="L2's outputs as the GAN's, an untrained network as L2",
    quick=Budget(3, {"steps": 5000, "width": 32}),
    full=Budget(3, {"steps": 6000, "width": 32}),
    plot=plot,
)

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gansmith.data import open_data
from gansmith.games.conditional import Conditional
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import answers_of, kept, numbers_of, sheets, trainer_for, trainer_with
from gansmith.networks.conditional_discriminator import Deaf, dcgan_trunk
from gansmith.presets import PRESETS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Share of answers of the class that was asked for, and cFID."""
    data = open_data("fashion")
    trainer = trainer_for(data, "cgan", seed, steps, width=width)
    if arm == "D(x)":
        chosen = PRESETS["cgan"]
        torch.manual_seed(seed)
        recipe = chosen.build(data.spec, **chosen.keywords({"width": width}))
        told = recipe.game
        assert isinstance(told, Conditional)
        deaf = Deaf(*dcgan_trunk(data.spec.channels, data.spec.size, width, nn.BatchNorm2d))
        recipe.game = Conditional(told.G, deaf, objective=told.objective, asked=told.asked)
        trainer = trainer_with(data, recipe, seed, steps)
    trainer.fit(steps)
    numbers = numbers_of(trainer, data)
    label = data.held["label"][:200]
    rows = torch.cat([(label == k).nonzero().squeeze(1)[:4] for k in range(10)])
    made = answers_of(trainer, data, 200)
    return {"asked": numbers["asked"], "cfid": numbers["cfid"], "sheet": kept(made[rows], 8)}


def check(arms: Arms) -> list[Check]:
    return [
        above("share as asked, D(c, x)", arms.mean("D(c, x)", "asked"), 0.8),
        below("share as asked, D(x)", arms.mean("D(x)", "asked"), 0.2),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in EXPERIMENT.arms})


EXPERIMENT = Experiment(
    id="C2",
    title="D must know what was asked",
    says="Shown the picture alone, D has no reason to refuse a good picture of another class, and "
    "G none to listen.",
    paper="arXiv:1411.1784",
    metric="share of answers that the judge takes for the class asked for",
    criterion="0.8 with D(c, x); at most 0.2 with D(x)",
    arms=("D(c, x)", "D(x)"),
    run=run,
    check=check,
    control={"D(c, x)": "D(x)"},
    fails="the game with D(x)",
    quick=Form(1, {"steps": 3000, "width": 16}),
    full=Form(3, {"steps": 4000, "width": 32}),
    picture=picture,
)

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gansmith.data import open_data
from gansmith.games.conditional import ConditionalGAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    evaluate_trainer,
    preset_trainer_on_dataset,
    recipe_trainer,
    sheets_figure,
)
from gansmith.networks.conditional_discriminator import UnconditionalDiscriminator, dcgan_trunk
from gansmith.presets import PRESETS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Class accuracy of the samples, and cFID."""
    data = open_data("fashion")
    keywords = {"width": width, "mismatch_weight": 0.0, "real_weight": 1.0}
    trainer = preset_trainer_on_dataset(data, "cgan", seed, steps, **keywords)
    if arm == "D(x)":
        chosen = PRESETS["cgan"]
        torch.manual_seed(seed)
        recipe = chosen.build(data.spec, **chosen.keywords({"width": width}))
        game = recipe.game
        assert isinstance(game, ConditionalGAN)
        image_only = UnconditionalDiscriminator(
            *dcgan_trunk(data.spec.channels, data.spec.size, width, nn.BatchNorm2d)
        )
        recipe.game = ConditionalGAN(
            game.G, image_only, objective=game.objective, condition_field=game.condition_field
        )
        trainer = recipe_trainer(data, recipe, seed, steps)
    trainer.fit(steps)
    numbers = evaluate_trainer(trainer, data)
    label = data.held_out["label"][:200]
    rows = torch.cat([(label == k).nonzero().squeeze(1)[:4] for k in range(10)])
    samples = conditional_samples(trainer, data, 200)
    return {
        "accuracy": numbers["accuracy"],
        "cfid": numbers["cfid"],
        "sheet": encode_sheet(samples[rows], 8),
    }


def check(arms: Arms) -> list[Check]:
    return [
        above("class accuracy, D(c, x)", arms.mean("D(c, x)", "accuracy"), 0.8),
        below("class accuracy, D(x)", arms.mean("D(x)", "accuracy"), 0.2),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in EXPERIMENT.arms})


EXPERIMENT = Experiment(
    id="C2",
    title="D must see the condition",
    claim="A discriminator that sees the picture alone has no reason to reject a good picture of "
    "the wrong class, and G no reason to follow the condition.",
    paper="arXiv:1411.1784",
    metric="share of samples that the judge assigns to the class they are conditioned on",
    criterion="0.8 with D(c, x); at most 0.2 with D(x)",
    arms=("D(c, x)", "D(x)"),
    run=run,
    check=check,
    control={"D(c, x)": "D(x)"},
    control_description="the game with D(x)",
    quick=Budget(3, {"steps": 3000, "width": 16}),
    full=Budget(3, {"steps": 4000, "width": 32}),
    plot=plot,
)

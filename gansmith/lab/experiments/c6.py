from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gansmith.data import open_data
from gansmith.games.pix2pix import Pix2Pix
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    evaluate_trainer,
    preset_trainer_on_dataset,
    recipe_trainer,
    sheets_figure,
)
from gansmith.metrics import load_judge
from gansmith.networks.unet import ImageOnlyDiscriminator
from gansmith.presets import PRESETS
from gansmith.presets.paired import patch_discriminator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("L1", "cGAN", "L1 + cGAN", "L1 + GAN", "GAN")


def run(arm: str, seed: int, steps: int, width: int, l1: float) -> Numbers:
    """Share of outputs of the right class, sharpness over real, distance to the true picture."""
    data = open_data("edges:fashion")
    if arm == "L1":
        trainer = preset_trainer_on_dataset(
            data, "regression", seed, steps, width=width, distance="l1", batch=8
        )
    else:
        chosen = PRESETS["pix2pix"]
        torch.manual_seed(seed)
        weight = l1 if "L1" in arm else 0.0
        recipe = chosen.build(data.spec, **chosen.keywords({"width": width, "l1_weight": weight}))
        if "cGAN" not in arm:
            game = recipe.game
            assert isinstance(game, Pix2Pix)
            image_only: nn.Module = ImageOnlyDiscriminator(
                patch_discriminator(data.spec.channels, data.spec.size, 16, width)
            )
            recipe.game = Pix2Pix(game.G, image_only, objective=game.objective, l1_weight=weight)
        trainer = recipe_trainer(data, recipe, seed, steps)
    trainer.fit(steps)
    numbers = evaluate_trainer(trainer, data)
    samples = conditional_samples(trainer, data, data.spec.held_out)
    predicted = load_judge("fashion").extract(samples)[1].argmax(1)
    return {
        "right": float((predicted == data.held_out["label"]).float().mean()),
        "sharpness": numbers["sharpness"],
        "l1": numbers["l1"],
        "cfid": numbers["cfid"],
        "sheet": encode_sheet(samples[:32]),
    }


def check(arms: Arms) -> list[Check]:
    best, l1, cgan, gan = (arms.mean(arm, "right") for arm in ("L1 + cGAN", "L1", "cGAN", "GAN"))
    error = arms.mean("L1 + cGAN", "l1") / arms.mean("cGAN", "l1")
    return [
        above(f"right class, L1 + cGAN {best:.3g}, over L1", best / l1, 1.0),
        above("right class, L1 + cGAN over cGAN", best / cgan, 1.0),
        below("sharpness over real, L1", arms.mean("L1", "sharpness"), 0.7),
        above("sharpness over real, L1 + cGAN", arms.mean("L1 + cGAN", "sharpness"), 0.7),
        below("distance to the true answer, L1 + cGAN over cGAN", error, 0.8),
        below("right class, GAN without condition over L1 + cGAN", gan / best, 0.5),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ARMS})


EXPERIMENT = Experiment(
    id="C6",
    title="L1 for the coarse structure, a discriminator for the detail",
    claim="L1 alone blurs, a conditional discriminator alone invents; together they are best. A "
    "discriminator that does not see the input lets G ignore it.",
    paper="arXiv:1611.07004, section 4.2",
    metric="share of outputs that the judge assigns to the right of 10 classes; sharpness over "
    "real; mean absolute difference to the true picture; garments from their edges",
    criterion="right class: L1 + cGAN at least L1's and cGAN's, GAN alone at most half; sharpness: "
    "L1 below 0.7, L1 + cGAN above; difference: L1 + cGAN at most 0.8 of cGAN's",
    arms=ARMS,
    run=run,
    check=check,
    control={"L1 + cGAN": "GAN"},
    control_description="a GAN that sees neither the input nor the true picture",
    quick=Budget(3, {"steps": 1000, "width": 32, "l1": 50.0}),
    full=Budget(3, {"steps": 3000, "width": 32, "l1": 50.0}),
    plot=plot,
)

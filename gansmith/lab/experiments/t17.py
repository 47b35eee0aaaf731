from __future__ import annotations

import torch
from torch import nn

from gansmith.core.latent import Latent
from gansmith.core.recipe import adam
from gansmith.core.trainer import Trainer
from gansmith.data import open_data, open_source
from gansmith.evaluation.evaluate import measure
from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    MLPCritic,
    MLPImageGenerator,
)

ARMS = (
    "the recipe",
    "no norm in G",
    "no norm in D",
    "rectifiers in D",
    "wide initial weights",
    "dense layers",
)


def players(arm: str, size: int, width: int) -> tuple[nn.Module, nn.Module]:
    """The players of the guidelines, with one change."""
    latent = Latent(64, "uniform")
    if arm == "dense layers":
        return MLPImageGenerator(latent, 1, size, 8 * width), MLPCritic(size**2, 8 * width)
    G = DCGANGenerator(latent, 1, size, width, None if arm == "no norm in G" else nn.BatchNorm2d)
    D = DCGANDiscriminator(1, size, width, None if arm == "no norm in D" else nn.BatchNorm2d)
    for place, layer in enumerate(D.layers):
        if arm == "rectifiers in D" and isinstance(layer, nn.LeakyReLU):
            D.layers[place] = nn.ReLU()
    if arm == "wide initial weights":
        for net in (G, D):
            for p in net.parameters():
                if p.ndim > 1:
                    nn.init.normal_(p, 0.0, 0.2)
    return G, D


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    data = open_data("fashion")
    torch.manual_seed(seed)
    G, D = players(arm, data.spec.size, width)
    game = GAN(G, D, objective=OBJECTIVES["non-saturating"])  # type: ignore[arg-type]
    optim = dict.fromkeys(("G", "D"), adam(1e-3, 0.5))
    source = open_source(data, 32, seed)
    Trainer(game, source, optim=optim, steps=steps, seed=seed).fit()
    return {"cfid": measure(game.eval(), data, 2000)["cfid"].value}


def check(arms: Arms) -> list[Check]:
    found = {arm: arms.mean(arm, "cfid") for arm in ARMS}
    best = min(found, key=found.__getitem__)
    ratio = found["the recipe"] / found[best]
    return [below(f"cFID of the whole recipe over the best ({best})", ratio, 1.1)]


EXPERIMENT = Experiment(
    id="T17",
    title="The guidelines of DCGAN matter",
    claim="Batch normalization in both players, leaky ReLU, small initial weights, convolutions: "
    "without any one of them pictures get worse.",
    paper="arXiv:1511.06434, section 3",
    metric="cFID on garments, everything else alike",
    criterion="the whole recipe best, or within 10 % of the best",
    arms=ARMS,
    run=run,
    check=check,
    control={"the recipe": "dense layers"},
    control_description="dense layers in place of the guidelines",
    quick=Budget(3, {"steps": 600, "width": 16}),
    full=Budget(3, {"steps": 6000, "width": 32}),
)

from __future__ import annotations

from itertools import pairwise

import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer
from gansmith.metrics import sharpness_ratio
from gansmith.theory import fit_mixture

CODES = 50  # principal components that the mixture is fitted to


def run(arm: str, seed: int, components: int, steps: int, width: int) -> Numbers:
    data = open_data("fashion")
    if arm == "gan":
        trainer = preset_trainer("dcgan", "fashion", seed, steps, width=width)
        trainer.fit()
        return {"sharpness": evaluate_trainer(trainer, data, 2000)["sharpness"]}
    x = data.train["real"][:5000].flatten(1).double() / 127.5 - 1
    mean = x.mean(0)
    _, _, axes = torch.pca_lowrank(x - mean, CODES, center=False)
    codes = (x - mean) @ axes
    count = 1 if arm == "one gaussian" else components
    mixture = fit_mixture(codes, count, seed=seed, steps=100)
    shown = mixture.sample(2000, Rng(seed))
    if arm == "real, projected":
        shown = (data.held_out["real"][:2000].flatten(1).double() / 127.5 - 1 - mean) @ axes
    pictures = (shown @ axes.T + mean).clamp(-1, 1).view(-1, 1, 28, 28).float()
    return {
        "sharpness": sharpness_ratio(generated=pictures, real=data.held_out["real"]),
        "falls": max([0.0, *(a - b for a, b in pairwise(mixture.log_likelihoods))]),
        "nats": float(mixture.log_prob(codes).mean()),
    }


def check(arms: Arms) -> list[Check]:
    ratio = arms.mean("mixture", "sharpness") / arms.mean("gan", "sharpness")
    return [
        below("largest fall of the likelihood in a step", arms.mean("mixture", "falls"), 1e-9),
        below("sharpness of its samples over a GAN's", ratio, 0.6),
        above(
            "nats over one Gaussian",
            arms.mean("mixture", "nats") - arms.mean("one gaussian", "nats"),
            1.0,
        ),
    ]


EXPERIMENT = Experiment(
    id="T10",
    title="A mixture of Gaussians by maximum likelihood blurs",
    claim="Expectation maximization never lowers the likelihood, and a mixture of Gaussians "
    "fitted to pictures samples blurred ones: pictures lie on a thin, curved manifold.",
    paper="textbook",
    metric="log-likelihood from step to step; sharpness of samples over a GAN's",
    criterion="never falls by 1e-9; sharpness at most 0.6 of the GAN's; better than one Gaussian",
    arms=("mixture", "one gaussian", "gan", "real, projected"),
    run=run,
    check=check,
    control={"mixture": "real, projected"},
    control_description="real pictures that went through the same 50 principal components",
    quick=Budget(3, {"components": 20, "steps": 800, "width": 16}),
    full=Budget(3, {"components": 50, "steps": 6000, "width": 32}),
)

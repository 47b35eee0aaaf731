from __future__ import annotations

from typing import Any

import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above
from gansmith.lab.tools import sampled, trainer_of
from gansmith.metrics import parzen

DIVERGENCES = ("kl", "reverse-kl", "pearson", "jensen-shannon", "gan-divergence")
ARMS = (*DIVERGENCES, "vae", "training pictures", "untrained")


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    """Log-likelihood of held-out digits under windows on what an arm makes."""
    data = open_data("digits")
    if arm == "training pictures":
        made = data.train["real"].float() / 127.5 - 1
    else:
        preset = "vae" if arm == "vae" else "fgan"
        more: dict[str, Any] = {} if arm == "vae" else {"network": "mlp", "lr": 5e-4}
        if arm in DIVERGENCES:
            more["divergence"] = arm
        trainer = trainer_of(preset, "digits", seed, 1 if arm == "untrained" else steps, **more)
        trainer.fit()
        with trainer.averages.playing(trainer.game) as game:
            made = sampled(game, count, Rng(seed, 1))
    held = data.held["real"].float() / 127.5 - 1
    held = held[torch.randperm(len(held))]
    half = len(held) // 2
    found = parzen(made.flatten(1), held[:half].flatten(1), held[half:].flatten(1))
    return {"value": found.value, "error": found.error}


def check(arms: Arms) -> list[Check]:
    gan = arms.mean("gan-divergence", "value")
    return [
        above("nats, VAE over GAN", arms.mean("vae", "value") - gan, 0.0),
        above("nats, training over GAN", arms.mean("training pictures", "value") - gan, 0.0),
    ]


EXPERIMENT = Experiment(
    id="F7",
    title="Likelihood by windows, divergence by divergence",
    says="Windows on samples rank a VAE, whose samples blur, and the training pictures above a "
    "GAN: the number says little of how samples look.",
    paper="arXiv:1606.00709, Table 2",
    metric="mean log-likelihood of held-out digits, nats",
    criterion="VAE and training pictures above the GAN; the divergences are reported",
    arms=ARMS,
    run=run,
    check=check,
    control={"vae": "untrained"},
    fails="a generator that is not trained in the VAE's place",
    quick=Form(1, {"steps": 800, "count": 4000}),
    full=Form(3, {"steps": 8000, "count": 10_000}),
)

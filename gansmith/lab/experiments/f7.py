from __future__ import annotations

from typing import Any

import torch

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import preset_trainer, sample_on_cpu
from gansmith.metrics import parzen_log_likelihood

DIVERGENCES = ("kl", "reverse-kl", "pearson", "jensen-shannon", "gan-divergence")
ARMS = (*DIVERGENCES, "vae", "training pictures", "untrained")


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    """Log-likelihood of held-out digits under Parzen windows on an arm's samples."""
    data = open_data("digits")
    if arm == "training pictures":
        samples = to_float(data.train["real"])
    else:
        preset = "vae" if arm == "vae" else "fgan"
        more: dict[str, Any] = {} if arm == "vae" else {"network": "mlp", "lr": 5e-4}
        if arm in DIVERGENCES:
            more["divergence"] = arm
        trainer = preset_trainer(preset, "digits", seed, 1 if arm == "untrained" else steps, **more)
        trainer.fit()
        with trainer.ema.applied(trainer.game) as game:
            samples = sample_on_cpu(game, count, Rng(seed, 1))
    held = to_float(data.held_out["real"])
    held = held[torch.randperm(len(held))]
    half = len(held) // 2
    found = parzen_log_likelihood(
        samples=samples.flatten(1), validation=held[:half].flatten(1), test=held[half:].flatten(1)
    )
    return {"value": found.value, "error": found.error}


def check(arms: Arms) -> list[Check]:
    gan, se = (arms.mean("gan-divergence", key) for key in ("value", "error"))
    return [
        above(f"nats, {arm} over GAN", arms.mean(arm, "value") - gan, 2 * se)
        for arm in ("vae", "training pictures")
    ]


EXPERIMENT = Experiment(
    id="F7",
    title="Parzen-window likelihood, divergence by divergence",
    claim="Parzen windows rank a VAE, whose samples are blurred, and the training pictures above "
    "a GAN: the number says little about how samples look.",
    paper="arXiv:1606.00709, Table 2",
    metric="mean log-likelihood of held-out digits, nats",
    criterion="VAE and training pictures above the GAN by 2 standard errors; the divergences are "
    "reported",
    arms=ARMS,
    run=run,
    check=check,
    control={"vae": "untrained"},
    control_description="an untrained generator in place of the VAE",
    quick=Budget(3, {"steps": 800, "count": 4000}),
    full=Budget(3, {"steps": 8000, "count": 10_000}),
)

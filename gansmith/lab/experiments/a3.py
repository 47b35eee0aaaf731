from __future__ import annotations

from statistics import median
from typing import Any

import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import numbers_of, trainer_of

GANS = ("gan", "nsgan", "lsgan", "wgan", "wgan-gp", "began")
WORST = 1000.0  # the cFID that a run is given that diverged


def run(arm: str, seed: int, steps: int) -> Numbers:
    """One random configuration for each seed: rate, width, batch, codes."""
    rng = Rng(seed, 33)
    asked: dict[str, Any] = {
        "lr": float(10 ** (-4 + 2 * rng.uniform(1).item())),
        "width": (8, 16, 32)[int(rng.integers(3))],
        "batch": (16, 32, 64)[int(rng.integers(3))],
        "latent": (16, 64, 128)[int(rng.integers(3))],
    }
    torch.manual_seed(seed)
    trainer = trainer_of(arm, "digits", seed, steps, **asked)
    trainer.fit()
    return {"cfid": numbers_of(trainer, open_data("digits"), 2000)["cfid"], **asked}


def found(arms: Arms, arm: str) -> list[float]:
    """cFID by configuration, lowest first."""
    return sorted(WORST if x != x else x for x in arms.each(arm, "cfid"))


def spread(values: list[float]) -> float:
    """The distance between the quartiles."""
    low, high = torch.tensor(values).quantile(torch.tensor([0.25, 0.75])).tolist()
    return high - low


def check(arms: Arms) -> list[Check]:
    usual = median(spread(found(arms, gan)) for gan in GANS)
    best = [found(arms, gan)[0] for gan in GANS]
    vae = found(arms, "vae")
    return [
        below("quartiles of the VAE over the GANs'", spread(vae) / max(usual, 1e-9), 0.5),
        above("best VAE over the best GAN", vae[0] / min(best), 1.5),
        below("best of the worst GAN over the best of the best", max(best) / min(best), 2.0),
    ]


EXPERIMENT = Experiment(
    id="A3",
    title="GANs are sensitive, a VAE is not, and the best GANs are alike",
    says="Over random configurations the quality of GANs is wide apart and a VAE's is not; the "
    "best VAE is behind the best GAN, and the best of every GAN are about the same.",
    paper="arXiv:1711.10337",
    metric="cFID on digits over random rates, widths, batches and codes, alike for every model",
    criterion="quartiles of the VAE half as wide; best VAE 1.5 times the best GAN; GANs within 2",
    arms=(*GANS, "vae"),
    run=run,
    check=check,
    control={"vae": "gan"},
    fails="the minimax GAN in the VAE's place",
    quick=Form(5, {"steps": 1500}),
    full=Form(24, {"steps": 3000}),
)

from __future__ import annotations

from statistics import median
from typing import Any

import torch

from gansmith.core.rng import Rng
from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer

GANS = ("gan", "nsgan", "lsgan", "wgan", "wgan-gp", "began")
WORST = 1000.0  # the cFID of a run that diverged


def run(arm: str, seed: int, steps: int) -> Numbers:
    """One random configuration for each seed: learning rate, width, batch, latent size."""
    rng = Rng(seed, 33)
    keywords: dict[str, Any] = {
        "lr": float(10 ** (-4 + 2 * rng.uniform(1).item())),
        "width": (8, 16, 32)[int(rng.integers(3))],
        "batch": (16, 32, 64)[int(rng.integers(3))],
        "latent": (16, 64, 128)[int(rng.integers(3))],
    }
    torch.manual_seed(seed)
    trainer = preset_trainer(arm, "digits", seed, steps, **keywords)
    trainer.fit()
    return {"cfid": evaluate_trainer(trainer, open_data("digits"), 2000)["cfid"], **keywords}


def sorted_cfids(arms: Arms, arm: str) -> list[float]:
    """cFID by configuration, lowest first."""
    return sorted(WORST if x != x else x for x in arms.values(arm, "cfid"))


def interquartile_range(values: list[float]) -> float:
    """The distance between the first and the third quartile."""
    low, high = torch.tensor(values).quantile(torch.tensor([0.25, 0.75])).tolist()
    return high - low


def check(arms: Arms) -> list[Check]:
    typical = median(interquartile_range(sorted_cfids(arms, gan)) for gan in GANS)
    best = [sorted_cfids(arms, gan)[0] for gan in GANS]
    vae = sorted_cfids(arms, "vae")
    return [
        below(
            "quartiles of the VAE over the GANs'",
            interquartile_range(vae) / max(typical, 1e-9),
            0.5,
        ),
        above("best VAE over the best GAN", vae[0] / min(best), 1.5),
        below("best of the worst GAN over the best of the best", max(best) / min(best), 2.0),
    ]


EXPERIMENT = Experiment(
    id="A3",
    title="GANs are sensitive to their settings, a VAE is not, and the best GANs are alike",
    claim="Over random configurations the quality of GANs varies widely and that of a VAE does "
    "not; the best VAE is behind the best GAN, and the best runs of all GANs are about the same.",
    paper="arXiv:1711.10337",
    metric="cFID on digits over random learning rates, widths, batches and latent sizes, the same "
    "for every model",
    criterion="interquartile range of the VAE half as wide; best VAE 1.5 times the best GAN; best "
    "GANs within a factor of 2",
    arms=(*GANS, "vae"),
    run=run,
    check=check,
    control={"vae": "gan"},
    control_description="the minimax GAN in place of the VAE",
    quick=Budget(5, {"steps": 1500}),
    full=Budget(24, {"steps": 3000}),
    population=True,
)

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, below
from gansmith.lab.tools import numbers_of, panel, trainer_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIMS = (2, 8, 32, 128)
LAST = 50  # steps whose error is averaged


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """cFID of what is decoded from random codes, and the error of copies, by size of the code."""
    errors, distances = [], []
    for dim in DIMS:
        preset = "vae" if arm == "vae" else "autoencoder"
        trainer = trainer_of(preset, "fashion", seed, steps, latent=dim, width=width)
        error = 0.0
        for step in range(steps):
            terms = trainer.play()
            if step >= steps - 50:
                error += (
                    float(next(v for k, v in terms.items() if k.endswith(("error", "nll")))) / 50
                )
        errors.append(error)
        distances.append(numbers_of(trainer, open_data("fashion"), 2000)["cfid"])
    return {"errors": errors, "cfids": distances, "cfid": sum(distances[1:]) / 3}


def check(arms: Arms) -> list[Check]:
    runs = arms.numbers["autoencoder"]
    error = [sum(run["errors"][i] for run in runs) for i in range(len(DIMS))]
    cfid = [sum(run["cfids"][i] for run in runs) for i in range(len(DIMS))]
    ratio = arms.mean("vae", "cfid") / arms.mean("autoencoder", "cfid")
    return [
        below("cFID from 8 codes on, VAE over auto-encoder", ratio, 0.5),
        Check(
            "copies get better with the code",
            all(a > b for a, b in pairwise(error)),
        ),
        Check("samples of the auto-encoder do not", cfid[-1] > min(cfid)),
    ]


def picture(arms: Arms) -> Figure:
    figure, axes = panel()
    for arm in ("autoencoder", "vae"):
        axes.semilogx(DIMS, arms.first(arm, "cfids"), "o-", label=arm, base=2)
    axes.set_xlabel("numbers in a code")
    axes.set_ylabel("cFID of what random codes are decoded to")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="A1",
    title="A decoder alone is no generator",
    says="What an auto-encoder's decoder makes of random codes is poor, and the poorer the more "
    "numbers a code has, while its copies get better; a VAE's is not.",
    paper="arXiv:1312.6114",
    metric="cFID of samples and error of copies for codes of 2, 8, 32 and 128 numbers",
    criterion="VAE at most half the auto-encoder's cFID from 8 on; copies improve, samples do not",
    arms=("autoencoder", "vae"),
    run=run,
    check=check,
    control={"vae": "autoencoder"},
    fails="the auto-encoder itself",
    quick=Form(1, {"steps": 400, "width": 16}),
    full=Form(3, {"steps": 3000, "width": 32}),
    picture=picture,
)

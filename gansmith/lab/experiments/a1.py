from __future__ import annotations

from typing import TYPE_CHECKING

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below, rises
from gansmith.lab.tools import evaluate_trainer, preset_trainer, single_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIMS = (2, 8, 32, 128)
LAST = 50  # steps whose error is averaged


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """cFID of decoded random codes, and the reconstruction error, by the size of the code."""
    errors, distances = [], []
    for dim in DIMS:
        preset = "vae" if arm == "vae" else "autoencoder"
        trainer = preset_trainer(preset, "fashion", seed, steps, latent=dim, width=width)
        error = 0.0
        for step in range(steps):
            terms = trainer.train_step()
            if step >= steps - LAST:
                found = float(next(v for k, v in terms.items() if k.endswith(("rec", "nll"))))
                error += found / LAST
        errors.append(error)
        distances.append(evaluate_trainer(trainer, open_data("fashion"), 2000)["cfid"])
    return {"errors": errors, "cfids": distances, "cfid": sum(distances[1:]) / 3}


def check(arms: Arms) -> list[Check]:
    error, cfid = (arms.mean_list("autoencoder", key) for key in ("errors", "cfids"))
    ratio = arms.mean("vae", "cfid") / arms.mean("autoencoder", "cfid")
    return [
        below("cFID from 8 codes on, VAE over auto-encoder", ratio, 0.5),
        rises("copies get better with the code", [-x for x in error]),
        Check("samples of the auto-encoder do not", cfid[-1] > min(cfid)),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ("autoencoder", "vae"):
        axes.semilogx(DIMS, arms.first(arm, "cfids"), "o-", label=arm, base=2)
    axes.set_xlabel("numbers in a code")
    axes.set_ylabel("cFID of what random codes are decoded to")
    axes.legend()
    return figure


EXPERIMENT = Experiment(
    id="A1",
    title="An auto-encoder's decoder is not a generator",
    claim="Random codes decoded by an auto-encoder give poor samples, and the poorer the larger "
    "the code, although reconstructions improve with its size; a VAE's samples do not.",
    paper="arXiv:1312.6114",
    metric="cFID of samples and reconstruction error for codes of 2, 8, 32 and 128 dimensions",
    criterion="cFID of the VAE at most half the auto-encoder's from 8 dimensions on; "
    "reconstructions improve, samples do not",
    arms=("autoencoder", "vae"),
    run=run,
    check=check,
    control={"vae": "autoencoder"},
    control_description="the auto-encoder itself",
    quick=Budget(3, {"steps": 400, "width": 16}),
    full=Budget(3, {"steps": 3000, "width": 32}),
    plot=plot,
)

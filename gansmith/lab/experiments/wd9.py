from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.stats import spearmanr

from gansmith.data import open_data
from gansmith.evaluation.evaluate import measure
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above
from gansmith.lab.tools import preset_trainer, single_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, measurements: int, width: int) -> Numbers:
    """Rank correlation of the size of D's loss and cFID during one run."""
    preset = "wgan-gp" if arm == "wasserstein" else "nsgan"
    trainer = preset_trainer(preset, "fashion", seed, steps, width=width)
    data = open_data("fashion")
    losses, distances = [], []
    for part in range(1, measurements + 1):
        total, count = 0.0, 0
        while trainer.step < part * steps // measurements:
            total += float(trainer.train_step()["D/adv"])
            count += 1
        losses.append(-total / count if arm == "wasserstein" else total / count)
        distances.append(measure(trainer.game, data, 1000)["cfid"].value)
    return {"rank": float(spearmanr(losses, distances)[0]), "losses": losses, "cfids": distances}


def check(arms: Arms) -> list[Check]:
    critic, plain = arms.mean("wasserstein", "rank"), arms.mean("non-saturating", "rank")
    return [
        above("rank correlation of the critic's estimate and cFID", critic, 0.7),
        above("more than that of D's loss, by", critic - plain, 0.3),
    ]


def plot(arms: Arms) -> Figure:
    figure, axes = single_axes()
    for arm in ("wasserstein", "non-saturating"):
        axes.plot(
            arms.first(arm, "cfids"), arms.first(arm, "losses"), "o-", ms=3, lw=0.7, label=arm
        )
    axes.set_xscale("log")
    axes.set_xlabel("cFID")
    axes.set_ylabel("critic's estimate, or D's loss")
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="WD9",
    title="A Wasserstein loss is meaningful",
    claim="The critic's estimate of the distance falls as pictures get better; D's loss in a GAN "
    "does not.",
    paper="arXiv:1701.07875, Figure 3",
    metric="rank correlation of the loss and cFID over one run",
    criterion="at least 0.7 for the critic, and 0.3 more than for a GAN",
    arms=("wasserstein", "non-saturating"),
    run=run,
    check=check,
    control={"wasserstein": "non-saturating"},
    control_description="the GAN in place of the critic",
    quick=Budget(3, {"steps": 900, "measurements": 12, "width": 16}),
    full=Budget(3, {"steps": 3000, "measurements": 20, "width": 32}),
    plot=plot,
)

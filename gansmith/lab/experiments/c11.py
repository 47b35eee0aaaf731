from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.data.builtin.collages import keeps_rules
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import panel, trainer_for
from gansmith.metrics import best_thresholds, f1, micro_f1
from gansmith.sampling.prompts import playable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("BCE", "BCE, tuned", "GAN")
WIDTHS = (8, 16, 32)
CHOSEN = 1000  # training pictures that no net learns from: thresholds are tuned on them


@cache
def data() -> tuple[Dataset, dict[str, Tensor]]:
    """The collages without the pictures for tuning, and those."""
    whole = open_data("collages")
    first = {name: rows[:-CHOSEN] for name, rows in whole.train.items()}
    last = {name: rows[-CHOSEN:] for name, rows in whole.train.items()}
    return replace(whole, train=first), last


@cache
def learnt(preset: str, width: int, seed: int, steps: int) -> tuple[Tensor, Tensor]:
    """Probabilities of the labels of the pictures for tuning, and of the held-out ones."""
    dataset, last = data()
    keywords = {"tune": 0.0} if preset == "bce" else {}
    trainer = trainer_for(dataset, preset, seed, steps, width=width, **keywords)
    trainer.fit(steps)
    with trainer.averages.playing(trainer.game) as game, torch.no_grad():
        tuning, held = (
            game.answer(playable(part["given"], game), Rng(0))  # type: ignore[operator]
            for part in (last, dataset.held)
        )
    return tuning, held


def run(arm: str, seed: int, steps: int) -> Numbers:
    """F1 on held-out pictures and the share of sets that break the rules, for each net size."""
    dataset, last = data()
    true = dataset.held["real"] > 0.5
    numbers: Numbers = {}
    for width in WIDTHS:
        tuning, held = learnt("multi-label" if arm == "GAN" else "bce", width, seed, steps)
        cuts = best_thresholds(tuning, last["real"] > 0.5) if arm == "BCE, tuned" else 0.5
        made = held > cuts
        numbers |= {
            f"f1 {width}": micro_f1(made, true),
            f"macro {width}": float(f1(made, true).mean()),
            f"invalid {width}": float((~keeps_rules(made)).double().mean()),
            f"exact {width}": float((made == true).all(1).double().mean()),
        }
    return numbers


def check(arms: Arms) -> list[Check]:
    wins = [arms.mean("GAN", f"f1 {width}") >= arms.mean("BCE", f"f1 {width}") for width in WIDTHS]
    gan, bce = (sum(arms.mean(arm, f"invalid {w}") for w in WIDTHS) / 3 for arm in ("GAN", "BCE"))
    return [
        above("net sizes of 3 where the GAN's F1 is at least that of BCE", sum(wins), 2),
        below(f"share of sets that break the rules, GAN {gan:.3g} over BCE", gan / bce, 0.5),
    ]


def picture(arms: Arms) -> Figure:
    figure, axes = panel(6.5)
    for place, arm in enumerate(ARMS):
        for width, alpha in zip(WIDTHS, (0.35, 0.65, 1.0), strict=True):
            x, y = arms.mean(arm, f"invalid {width}"), arms.mean(arm, f"f1 {width}")
            label = arm if alpha == 1 else None
            axes.scatter(x, y, s=40, color=f"C{place}", alpha=alpha, label=label)
    axes.set(xlabel="share of label sets that break the rules", ylabel="F1, micro")
    axes.legend(title="darker: a larger net", fontsize=8)
    return figure


EXPERIMENT = Experiment(
    id="C11",
    title="A discriminator of label sets knows what goes together",
    says="Labels made as by a conditional GAN respect which go together, since the discriminator "
    "sees them together; cross-entropy judges each by itself.",
    paper="arXiv:1811.04689",
    metric="F1 of all labels, and share of label sets that break the rules, on collages of "
    "held-out garments; thresholds tuned for the F1 of each label on 1,000 pictures set aside",
    criterion="F1 at least that of cross-entropy with 2 of 3 net sizes; half as many sets that "
    "break the rules, mean of the sizes",
    arms=ARMS,
    run=run,
    check=check,
    control={"GAN": "BCE, tuned"},
    fails="cross-entropy with tuned thresholds in the place of the GAN",
    quick=Form(1, {"steps": 1000}),
    full=Form(3, {"steps": 3000}),
    picture=picture,
)

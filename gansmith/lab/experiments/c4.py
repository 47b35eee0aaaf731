from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gansmith.core.rng import Rng
from gansmith.data.transforms.degrade import blur
from gansmith.evaluation.select import fed, judge_of
from gansmith.games.two_score import SplitConditional
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.experiments.c3 import HELD, right, scores_of, tinted
from gansmith.lab.tools import answers_of, auc, kept, sheets, trainer_for
from gansmith.metrics import image_reference, quick_images

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """What D's scores rank: sharp against blurred, matched against mismatched; and G's answers."""
    data = tinted()
    keywords = {"wrong": 1.0} if arm == "joint" else {}
    preset = "cgan" if arm == "joint" else "split"
    trainer = trainer_for(data, preset, seed, steps, width=width, **keywords)
    trainer.fit(steps)
    made = answers_of(trainer, data, HELD)
    game = trainer.game.eval()
    seen, true, false = scores_of(game, data)
    spoilt = fed(blur(data.held["real"][:HELD], Rng(0)), game)
    with torch.no_grad():
        blurred = game.D.see(spoilt)  # type: ignore[union-attr, operator]
        if isinstance(game, SplitConditional):
            sharp = game.D.realism(seen), game.D.realism(blurred)
        else:  # one score must serve: a sharp picture with a wrong condition against a blurred one
            given = data.held["given"][:HELD]
            sharp = false, game.D.score(blurred, given)  # type: ignore[union-attr, operator]
    judge = judge_of("emoji", 3)
    return {
        "match": auc(true, false),
        "realism": auc(*sharp),
        "right": float(right(made, data).float().mean()),
        "cfid": quick_images(made, image_reference(data.held["real"], judge), judge),
        "sheet": kept(made[:32]),
    }


def check(arms: Arms) -> list[Check]:
    right_ratio = arms.mean("split", "right") / arms.mean("joint", "right")
    cfid_ratio = arms.mean("split", "cfid") / arms.mean("joint", "cfid")
    return [
        above("AUC of the match, right over wrong", arms.mean("split", "match"), 0.9),
        above("AUC of the realism, sharp over blurred", arms.mean("split", "realism"), 0.9),
        above("right answers, split over joint", right_ratio, 0.9),
        below("cFID, split over joint", cfid_ratio, 1.1),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in EXPERIMENT.arms})


EXPERIMENT = Experiment(
    id="C4",
    title="Two scores say what is wrong",
    says="A D with one score for realism and one for the match ranks a sharp picture with a wrong "
    "condition high on the first and low on the second; one score for both must mix them.",
    paper="arXiv:1612.03242, arXiv:1802.05637",
    metric="AUC of the match on real pairs, right against wrong; AUC of the realism, sharp "
    "pictures with a wrong condition against blurred ones with the right one; right answers; cFID "
    "by the emoji judge",
    criterion="both AUC 0.9; right answers and cFID within a tenth of the joint score's, or better",
    arms=("split", "joint"),
    run=run,
    check=check,
    control={"split": "joint"},
    fails="the joint score in both places",
    quick=Form(1, {"steps": 3000, "width": 16}),
    full=Form(3, {"steps": 4000, "width": 32}),
    picture=picture,
)

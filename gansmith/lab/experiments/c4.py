from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data.transforms.degrade import blur
from gansmith.games.two_score import TwoScoreGAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.experiments.c3 import HELD, d_scores, is_correct, tinted_fashion
from gansmith.lab.tools import (
    auc,
    conditional_samples,
    encode_sheet,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.metrics import image_reference, load_judge, quick_images

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """D's ranking of sharp against blurred and of matched against mismatched; G's samples."""
    data = tinted_fashion()
    keywords = {"mismatch_weight": 1.0, "real_weight": 2.0} if arm == "joint" else {}
    preset = "cgan" if arm == "joint" else "two-score"
    trainer = preset_trainer_on_dataset(data, preset, seed, steps, width=width, **keywords)
    trainer.fit(steps)
    made = conditional_samples(trainer, data, HELD)
    game = trainer.game.eval()
    features, true, false = d_scores(game, data)
    blurry = to_float(blur(data.held_out["real"][:HELD], Rng(0)), game)
    with torch.no_grad():
        blurred = game.D.features(blurry)  # type: ignore[union-attr, operator]
        if isinstance(game, TwoScoreGAN):
            sharp = game.D.real_logits(features), game.D.real_logits(blurred)
        else:  # a joint score: a sharp picture with a wrong condition against a blurred one
            given = data.held_out["condition"][:HELD]
            sharp = false, game.D.logits(blurred, given)  # type: ignore[union-attr, operator]
    judge = load_judge("emoji")
    return {
        "match": auc(true, false),
        "realism": auc(*sharp),
        "right": float(is_correct(made, data).float().mean()),
        "cfid": quick_images(made, image_reference(data.held_out["real"], judge), judge),
        "sheet": encode_sheet(made[:32]),
    }


def check(arms: Arms) -> list[Check]:
    right_ratio = arms.mean("split", "right") / arms.mean("joint", "right")
    cfid_ratio = arms.mean("split", "cfid") / arms.mean("joint", "cfid")
    lead = arms.mean("split", "realism") - arms.mean("joint", "realism")
    return [
        above("AUC of the match, right over wrong", arms.mean("split", "match"), 0.9),
        above("AUC of the realism, sharp over blurred", arms.mean("split", "realism"), 0.9),
        above("AUC of the realism, split less joint", lead, 0.2),
        above("right answers, split over joint", right_ratio, 0.9),
        below("cFID, split over joint", cfid_ratio, 1.1),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in EXPERIMENT.arms})


EXPERIMENT = Experiment(
    id="C4",
    title="Two scores separate realism from the match",
    claim="A D with one score for realism and one for the match ranks a sharp picture with a "
    "wrong condition high on the first and low on the second; a single score has to mix them.",
    paper="arXiv:1612.03242, arXiv:1802.05637",
    metric="AUC of the match on real pairs, matched against mismatched; AUC of realism, sharp "
    "pictures with a wrong condition against blurred ones with the right one; right samples; cFID "
    "by the emoji judge",
    criterion="both AUC 0.9, that of realism 0.2 above the joint score's; right samples and cFID "
    "within a tenth of the joint score's, or better",
    arms=("split", "joint"),
    run=run,
    check=check,
    control={"split": "joint"},
    control_description="the joint score in place of both",
    quick=Budget(3, {"steps": 3000, "width": 16}),
    full=Budget(3, {"steps": 4000, "width": 32}),
    plot=plot,
)

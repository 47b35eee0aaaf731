from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.games.stackgan import StackGAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    conditional_samples,
    encode_sheet,
    evaluate_trainer,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.metrics import load_judge

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, width: int, one: int) -> Numbers:
    """cFID, class accuracy, and how often the large picture keeps the small one's class."""
    data = open_data("fashion")
    if arm != "one stage":
        trainer = preset_trainer_on_dataset(
            data, "stackgan", seed, steps, width=width, small_steps=steps // 2, embed_dim=32
        )
    else:
        trainer = preset_trainer_on_dataset(
            data, "cgan", seed, steps, width=one, mismatch_weight=1.0
        )
    trainer.fit(steps if arm != "untrained" else 0)
    numbers = evaluate_trainer(trainer, data)
    size = sum(p.numel() for name, p in trainer.game.named_parameters() if name.startswith("G"))
    with trainer.ema.applied(trainer.game) as game:
        kept = {"class kept": class_agreement(game, data)} if isinstance(game, StackGAN) else {}
    samples = conditional_samples(trainer, data, 32)
    return kept | {
        "cfid": numbers["cfid"],
        "accuracy": numbers["accuracy"],
        "parameters of G": size,
        "sheet": encode_sheet(samples),
    }


@torch.no_grad()
def class_agreement(game: Any, data: Dataset) -> float:
    """Of the small pictures of the right class, the share whose large picture has it too.

    A small picture is of the class of the nearest real one that was made small: of real garments,
    enlarged again, the judge of large ones takes only 63 % for what they are.
    """
    c = torch.arange(500) % 10
    small = game.G1(game.G1.latent.sample(500, Rng(2)), c)
    known = F.adaptive_avg_pool2d(to_float(data.train["real"][:10_000]), small.shape[-1])
    nearest = torch.cdist(small.flatten(1), known.flatten(1)).argmin(1)
    right = data.train["label"][nearest] == c
    large = load_judge("fashion").extract(game.G2(small, c))[1].argmax(1)
    return float((large == c)[right].float().mean())


def check(arms: Arms) -> list[Check]:
    ratio = arms.mean("two stages", "cfid") / arms.mean("one stage", "cfid")
    return [
        below("cFID, two stages over one", ratio, 0.9),
        above("class kept by the second stage", arms.mean("two stages", "class kept"), 0.9),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure({arm: arms.first(arm, "sheet") for arm in ("two stages", "one stage")})


EXPERIMENT = Experiment(
    id="C5",
    title="First small, then large",
    claim="Generating a small picture and then a large one from it is easier than generating the "
    "large one at once.",
    paper="arXiv:1612.03242",
    metric="cFID at the large size for equal steps and about equal parameters of the generators; "
    "share of large pictures of the right class where the small one was",
    criterion="cFID of two stages at most 0.9 of one's; class kept in 0.9",
    arms=("two stages", "one stage", "untrained"),
    run=run,
    check=check,
    control={"two stages": "untrained"},
    control_description="the two stages, untrained",
    quick=Budget(3, {"steps": 2000, "width": 16, "one": 20}),
    full=Budget(3, {"steps": 6000, "width": 32, "one": 40}),
    plot=plot,
)

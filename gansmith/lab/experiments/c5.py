from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from gansmith.core.rng import Rng
from gansmith.data import Dataset, open_data
from gansmith.evaluation.select import judge_of
from gansmith.games.stackgan import StackGAN
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import answers_of, kept, numbers_of, sheets, trainer_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run(arm: str, seed: int, steps: int, width: int, one: int) -> Numbers:
    """cFID, share as asked, and how often the large picture keeps the small one's class."""
    data = open_data("fashion")
    if arm == "two stages":
        trainer = trainer_for(
            data, "stackgan", seed, steps, width=width, small_steps=steps // 2, code=32
        )
    else:
        trainer = trainer_for(data, "cgan", seed, steps, width=one, wrong=1.0)
    trainer.fit(steps if arm != "untrained" else 0)
    numbers = numbers_of(trainer, data)
    size = sum(p.numel() for name, p in trainer.game.named_parameters() if name.startswith("G"))
    with trainer.averages.playing(trainer.game) as game:
        same = classes_kept(game, data) if isinstance(game, StackGAN) else 0.0
    made = answers_of(trainer, data, 32)
    return {
        "cfid": numbers["cfid"], "asked": numbers["asked"], "parameters of G": size,
        "class kept": same, "sheet": kept(made),
    }  # fmt: skip


@torch.no_grad()
def classes_kept(game: Any, data: Dataset) -> float:
    """Of small pictures that look like what was asked for, the share of large ones that do too.

    A small picture is of the class of the nearest real one that was made small: of real garments,
    enlarged again, the judge of large ones takes only 63 % for what they are.
    """
    c = torch.arange(500) % 10
    small = game.G1(game.G1.latent.sample(500, Rng(2)), c)
    known = F.adaptive_avg_pool2d(data.train["real"][:10_000].float() / 127.5 - 1, small.shape[-1])
    nearest = torch.cdist(small.flatten(1), known.flatten(1)).argmin(1)
    right = data.train["label"][nearest] == c
    large = judge_of("fashion", 1).look(game.G2(small, c))[1].argmax(1)
    return float((large == c)[right].float().mean())


def check(arms: Arms) -> list[Check]:
    ratio = arms.mean("two stages", "cfid") / arms.mean("one stage", "cfid")
    return [
        below("cFID, two stages over one", ratio, 0.9),
        above("class kept by the second stage", arms.mean("two stages", "class kept"), 0.9),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({arm: arms.first(arm, "sheet") for arm in ("two stages", "one stage")})


EXPERIMENT = Experiment(
    id="C5",
    title="First small, then large",
    says="A small picture of what is asked, and a large one made of it, is easier than the large "
    "one at once.",
    paper="arXiv:1612.03242",
    metric="cFID at the large size for equal steps and about equal parameters of the generators; "
    "share of large pictures as asked where the small one was",
    criterion="cFID of two stages at most 0.9 of one's; class kept in 0.9",
    arms=("two stages", "one stage", "untrained"),
    run=run,
    check=check,
    control={"two stages": "untrained"},
    fails="an untrained G",
    quick=Form(1, {"steps": 2000, "width": 16, "one": 20}),
    full=Form(3, {"steps": 6000, "width": 32, "one": 40}),
    picture=picture,
)

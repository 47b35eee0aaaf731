from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import Condition, Dataset, open_data
from gansmith.data.build import conditioned, image_dataset
from gansmith.evaluation.select import fed, judge_of
from gansmith.games.conditional import others
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import answers_of, auc, kept, sheets, trainer_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "red": (255, 60, 60), "green": (60, 220, 60), "blue": (70, 90, 255), "yellow": (240, 220, 40)
}  # fmt: skip
HELD = 1000


def tinted(first: int | None = None) -> Dataset:
    """Garments in one of four colours, asked by labels: what it is, and its colour."""
    base, tints = open_data("fashion"), torch.tensor(list(COLOURS.values())).float() / 255
    pictures, conditions = [], []
    for split, part, count in (("train", base.train, first), ("held", base.held, HELD)):
        grey, label = part["real"][:count], part["label"][:count]
        colour = Rng(31, len(split)).integers(len(tints), len(grey))
        real = (grey * tints[colour][:, :, None, None]).round().to(torch.uint8)
        pictures.append({"real": real, "label": label, "colour": colour})
        one_hot = torch.nn.functional.one_hot
        conditions.append(torch.cat([one_hot(label, 10), one_hot(colour, 4)], 1).float())
    names = (*base.spec.classes, *COLOURS)
    whole = image_dataset("tinted", *pictures, classes=base.spec.classes)
    return conditioned(whole, Condition("labels", names), conditions[0], conditions[1])


def right(pictures: Tensor, dataset: Dataset) -> Tensor:
    """Whether answers in [-1, 1] have the garment and the colour that was asked for, bool (n,)."""
    n = len(pictures)
    brightness = pictures.amax(1, keepdim=True)  # a colour's strongest channel is near the grey
    _, seen = judge_of("fashion", 1).look(brightness)
    tints = torch.tensor(list(COLOURS.values())).float()
    light = (pictures + 1).mean((2, 3))
    colour = torch.cosine_similarity(light[:, None], tints[None], dim=2).argmax(1)
    garment = seen.argmax(1) == dataset.held["label"][:n]
    return garment & (colour == dataset.held["colour"][:n])


@torch.no_grad()
def scores_of(game: Any, dataset: Dataset, n: int = HELD) -> tuple[Tensor, Tensor, Tensor]:
    """D's map of held-out pictures, and its scores with the right and with a wrong condition."""
    real, given = fed(dataset.held["real"][:n], game), dataset.held["given"][:n]
    seen = game.D.see(real)
    wrong = given[others(given, Rng(5))]
    return seen, game.D.score(seen, given), game.D.score(seen, wrong)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Share of answers that are right, and how well D tells right conditions from wrong ones."""
    data = tinted()
    trainer = trainer_for(data, "cgan", seed, steps, width=width, wrong=float(arm == "with"))
    trainer.fit(steps)
    made = answers_of(trainer, data, HELD)
    trainer.game.eval()
    _, true, false = scores_of(trainer.game, data)
    return {
        "right": float(right(made, data).float().mean()),
        "auc": auc(true, false),
        "sheet": kept(made[:32]),
    }


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("with", "right") - arms.mean("without", "right")
    return [
        above("right answers, with less without", gain, 0.0),
        above("AUC of D on mismatched real pairs, with", arms.mean("with", "auc"), 0.9),
        below("AUC of D on mismatched real pairs, without", arms.mean("without", "auc"), 0.7),
    ]


def picture(arms: Arms) -> Figure:
    return sheets({f"{arm} wrong pairs": arms.first(arm, "sheet") for arm in EXPERIMENT.arms})


EXPERIMENT = Experiment(
    id="C3",
    title="A real picture with a wrong condition is a lie",
    says="D learns what matching means when real pictures with another condition are among what it "
    "must refuse; else it has only G's pictures to learn that from.",
    paper="arXiv:1605.05396, Algorithm 1",
    metric="share of answers with the garment and the colour asked for; AUC of D's score on real "
    "pairs, right against mismatched",
    criterion="as many right answers with as without; AUC 0.9 with, at most 0.7 without",
    arms=("with", "without"),
    run=run,
    check=check,
    control={"with": "without"},
    fails="the game without wrong pairs",
    quick=Form(1, {"steps": 1500, "width": 16}),
    full=Form(3, {"steps": 4000, "width": 32}),
    picture=picture,
)

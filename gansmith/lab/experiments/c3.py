from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Condition, Dataset, open_data
from gansmith.data.build import image_dataset, with_condition
from gansmith.games.conditional import mismatched
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import (
    auc,
    conditional_samples,
    encode_sheet,
    preset_trainer_on_dataset,
    sheets_figure,
)
from gansmith.metrics import load_judge

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "red": (255, 60, 60), "green": (60, 220, 60), "blue": (70, 90, 255), "yellow": (240, 220, 40)
}  # fmt: skip
HELD = 1000


def tinted_fashion(first: int | None = None) -> Dataset:
    """Garments in one of four colors, conditioned on labels of the garment and of the color."""
    base, colors = open_data("fashion"), torch.tensor(list(COLOURS.values())).float() / 255
    pictures, conditions = [], []
    for split, part, count in (("train", base.train, first), ("held", base.held_out, HELD)):
        grey, label = part["real"][:count], part["label"][:count]
        colour = Rng(31, len(split)).integers(len(colors), len(grey))
        real = (grey * colors[colour][:, :, None, None]).round().to(torch.uint8)
        pictures.append({"real": real, "label": label, "colour": colour})
        one_hot = torch.nn.functional.one_hot
        conditions.append(torch.cat([one_hot(label, 10), one_hot(colour, 4)], 1).float())
    names = (*base.spec.classes, *COLOURS)
    whole = image_dataset("tinted", *pictures, classes=base.spec.classes)
    return with_condition(whole, Condition("label-set", names), conditions[0], conditions[1])


def is_correct(pictures: Tensor, dataset: Dataset) -> Tensor:
    """Whether samples in [-1, 1] have the garment and the color of their condition, bool (n,)."""
    n = len(pictures)
    brightness = pictures.amax(1, keepdim=True)  # the strongest channel is near the grey picture
    _, probabilities = load_judge("fashion").extract(brightness)
    colors = torch.tensor(list(COLOURS.values())).float()
    light = (pictures + 1).mean((2, 3))
    colour = torch.cosine_similarity(light[:, None], colors[None], dim=2).argmax(1)
    garment = probabilities.argmax(1) == dataset.held_out["label"][:n]
    return garment & (colour == dataset.held_out["colour"][:n])


@torch.no_grad()
def d_scores(game: Any, dataset: Dataset, n: int = HELD) -> tuple[Tensor, Tensor, Tensor]:
    """D's features of held-out pictures, and its scores with the right and a wrong condition."""
    real, given = to_float(dataset.held_out["real"][:n], game), dataset.held_out["condition"][:n]
    features = game.D.features(real)
    wrong = given[mismatched(given, Rng(5))]
    return features, game.D.logits(features, given), game.D.logits(features, wrong)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """Share of right samples, and how well D separates right conditions from wrong ones."""
    data = tinted_fashion()
    trainer = preset_trainer_on_dataset(
        data,
        "cgan",
        seed,
        steps,
        width=width,
        mismatch_weight=float(arm == "with"),
        real_weight=1.0 + (arm == "with"),
    )
    trainer.fit(steps)
    samples = conditional_samples(trainer, data, HELD)
    trainer.game.eval()
    _, true, false = d_scores(trainer.game, data)
    return {
        "right": float(is_correct(samples, data).float().mean()),
        "auc": auc(true, false),
        "sheet": encode_sheet(samples[:32]),
    }


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("with", "right") - arms.mean("without", "right")
    return [
        above("right answers, with less without", gain, 0.0),
        above("AUC of D on mismatched real pairs, with", arms.mean("with", "auc"), 0.9),
        below("AUC of D on mismatched real pairs, without", arms.mean("without", "auc"), 0.7),
    ]


def plot(arms: Arms) -> Figure:
    return sheets_figure(
        {f"{arm} wrong pairs": arms.first(arm, "sheet") for arm in EXPERIMENT.arms}
    )


EXPERIMENT = Experiment(
    id="C3",
    title="Mismatched real pairs teach D what matches",
    claim="D learns what matching means when real pictures with a wrong condition are among its "
    "negatives; else it can learn that from G's pictures alone.",
    paper="arXiv:1605.05396, Algorithm 1",
    metric="share of samples with the garment and the color that they are conditioned on; AUC of "
    "D's score on real pairs, matched against mismatched",
    criterion="as many right samples with mismatched pairs as without; AUC 0.9 with, at most 0.7 "
    "without",
    arms=("with", "without"),
    run=run,
    check=check,
    control={"with": "without"},
    control_description="the game without mismatched pairs",
    quick=Budget(3, {"steps": 1500, "width": 16}),
    full=Budget(3, {"steps": 4000, "width": 32}),
    plot=plot,
)

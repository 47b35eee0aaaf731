from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gansmith.core.images import to_float
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.builtin.video import SEED, TURN, turning_shapes
from gansmith.data.transforms.windows import clip_dataset
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below, near
from gansmith.lab.tools import encode_sheet, preset_trainer_on_dataset, sheets_figure
from gansmith.metrics.sharpness import sharpness_ratio
from gansmith.sampling.generate import to_model_input

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIN, HELD = 2400, 200  # clips, each up to the frame after the turn
CODES = 8  # samples for one past
THERE = 0.25  # share of a shape's brightness that counts as the shape
SHOWN = 8
ARMS: dict[str, tuple[str, dict[str, Any]]] = {
    "copy last": ("", {}),
    "L2": ("regression", {"distance": "l2"}),
    "adversarial + L2": (
        "next-frame",
        {"p": 2, "lp_weight": 1.0, "gdl_weight": 0.0, "patch_size": 34},
    ),
    "adversarial + L1": (
        "next-frame",
        {"p": 1, "lp_weight": 1.0, "gdl_weight": 0.0, "patch_size": 34},
    ),
}


@cache
def data() -> tuple[Dataset, Tensor]:
    """Clips up to a turn, and the other possible future of the held-out ones."""
    train, _ = turning_shapes(TRAIN, Rng(SEED, 2, 0), held_out=False)
    held, other = turning_shapes(HELD, Rng(SEED, 2, 1), held_out=True)
    end = TURN + 1
    return clip_dataset("turns", [c[:end] for c in train], [c[:end] for c in held]), other


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """How much of each future is predicted, which one, and how sharp the predictions are."""
    dataset, other = data()
    true = dataset.held_out["real"]
    answers = [to_float(dataset.held_out["condition"][:, -1:])] * CODES
    if arm != "copy last":
        preset, own = ARMS[arm]
        keywords = {"width": width, "lr": 1e-3, "batch": 16} | own
        trainer = preset_trainer_on_dataset(dataset, preset, seed, steps, **keywords)
        trainer.fit(steps)
        with trainer.ema.applied(trainer.game) as game, torch.no_grad():
            given = to_model_input(dataset.held_out["condition"], game)
            codes = [Rng(seed, 9, k) for k in range(CODES)]
            answers = [game.generate(given, rng) for rng in codes]  # type: ignore[operator]
    return measure_answers(torch.stack(answers), true, other)


def measure_answers(answers: Tensor, true: Tensor, other: Tensor) -> Numbers:
    """answers: (codes, clips, 1, H, W) in [-1, 1]; the two right futures uint8 (clips, 1, H, W)."""
    first, second = visible_share(answers, true), visible_share(answers, other)  # (codes, clips)
    there = torch.stack([first > THERE, second > THERE])
    came = (first > second).float()
    return {
        "both": float(there.all(0).float().mean()),
        "one": float((there.sum(0) == 1).float().mean()),
        "none": float((~there.any(0)).float().mean()),
        "came": float(came.mean()),
        "by the code": float(4 * (came.mean(0) * (1 - came.mean(0))).mean()),
        "sharpness": sharpness_ratio(generated=answers.flatten(0, 1), real=true),
        "sheet": encode_sheet(answers[:2, :SHOWN].flatten(0, 1), SHOWN),
    }


def visible_share(answers: Tensor, place: Tensor) -> Tensor:
    """Share of a future's brightness that is in its place in the samples: (codes, clips)."""
    mask = place.float() / 255
    visible = (answers + 1) / 2 * mask
    return visible.sum((-3, -2, -1)) / mask.sum((-3, -2, -1))


def check(arms: Arms) -> list[Check]:
    gan, l2 = "adversarial + L2", "L2"
    ratio = arms.mean(gan, "sharpness") / arms.mean(l2, "sharpness")
    return [
        above("share of L2's answers with both futures", arms.mean(l2, "both"), 0.8),
        below("share of the adversarial ones", arms.mean(gan, "both"), 0.2),
        above("share of the adversarial ones with one future", arms.mean(gan, "one"), 0.5),
        above("sharpness, adversarial over L2", ratio, 1.5),
        near("share that is the future that came", arms.mean(gan, "came"), 0.5, 0.1),
    ]


def plot(arms: Arms) -> Figure:
    past = data()[0].held_out["condition"][:SHOWN]
    sheet = {"the last two frames": encode_sheet(torch.cat([past[:, 2:3], past[:, 3:]]), SHOWN)}
    return sheets_figure(sheet | answer_sheets(arms))


def animate(arms: Arms) -> Iterator[Figure]:
    past = data()[0].held_out["condition"][:SHOWN]
    last = answer_sheets(arms)
    for t in range(TURN):
        sheet = encode_sheet(past[:, t : t + 1].repeat(2, 1, 1, 1), SHOWN)
        yield sheets_figure(dict.fromkeys(last, sheet))
    yield sheets_figure(last)


def answer_sheets(arms: Arms) -> dict[str, str]:
    """The two right futures of a few clips, and the arms' predictions for two codes."""
    dataset, other = data()
    right = encode_sheet(torch.cat([dataset.held_out["real"][:SHOWN], other[:SHOWN]]), SHOWN)
    generated = {f"{arm}, two codes": arms.first(arm, "sheet") for arm in list(ARMS)[1:]}
    return {"the two right futures": right} | generated


EXPERIMENT = Experiment(
    id="C9",
    title="Least squares predicts both futures, a discriminator one",
    claim="Where a past has two possible futures, least squares predicts both at once, each half "
    "as bright; a discriminator that sees the continuation allows only one.",
    paper="arXiv:1511.05440",
    metric="a shape turns left or right at random: share of predictions with at least a quarter "
    "of the brightness of both right futures; of one; sharpness; how often it is the true one, "
    "and by how much the latent code decides (1: for every clip both, equally often); 8 codes "
    "each",
    criterion="both: L2 at least 0.8, adversarial + L2 at most 0.2, and one of them at least 0.5; "
    "sharpness over L2's at least 1.5; the true one between 0.4 and 0.6",
    arms=tuple(ARMS),
    run=run,
    check=check,
    control={"adversarial + L2": "copy last", "L2": "adversarial + L2"},
    control_description="copying the last frame shows neither future; the adversarial arm does "
    "not show both",
    quick=Budget(1, {"steps": 1500, "width": 16}),
    full=Budget(3, {"steps": 3000, "width": 32}),
    plot=plot,
    animate=animate,
)

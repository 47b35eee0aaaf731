from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.builtin.video import SEED, TURN, turning_shapes
from gansmith.data.transforms.windows import clip_dataset
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below, near
from gansmith.lab.tools import kept, sheets, trainer_for
from gansmith.metrics.sharpness import sharpness_ratio
from gansmith.sampling.prompts import playable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIN, HELD = 2400, 200  # clips, each up to the frame after the turn
CODES = 8  # answers to one past, by as many codes
THERE = 0.25  # share of a shape's light that counts as the shape
SHOWN = 8
ARMS: dict[str, tuple[str, dict[str, Any]]] = {
    "copy last": ("", {}),
    "L2": ("regression", {"distance": "l2"}),
    "adversarial + L2": ("video", {"p": 2, "lp": 1.0, "gradient": 0.0, "patch": 34}),
    "adversarial + L1": ("video", {"p": 1, "lp": 1.0, "gradient": 0.0, "patch": 34}),
}


@cache
def data() -> tuple[Dataset, Tensor]:
    """Windows before a turn, and the future of the held-out ones that did not come."""
    train, _ = turning_shapes(TRAIN, Rng(SEED, 2, 0))
    held, other = turning_shapes(HELD, Rng(SEED, 2, 1))
    end = TURN + 1
    return clip_dataset("turns", [c[:end] for c in train], [c[:end] for c in held]), other


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """How much of each future is shown, who is picked, and how sharp the answers are."""
    dataset, other = data()
    true = dataset.held["real"]
    answers = [dataset.held["given"][:, -1:].float() / 127.5 - 1] * CODES
    if arm != "copy last":
        preset, own = ARMS[arm]
        keywords = {"width": width, "lr": 1e-3, "batch": 16} | own
        trainer = trainer_for(dataset, preset, seed, steps, **keywords)
        trainer.fit(steps)
        with trainer.averages.playing(trainer.game) as game, torch.no_grad():
            given = playable(dataset.held["given"], game)
            codes = [Rng(seed, 9, k) for k in range(CODES)]
            answers = [game.answer(given, rng) for rng in codes]  # type: ignore[operator]
    return numbers(torch.stack(answers), true, other)


def numbers(answers: Tensor, true: Tensor, other: Tensor) -> Numbers:
    """answers: (codes, clips, 1, H, W) in [-1, 1]; the two right futures uint8 (clips, 1, H, W)."""
    first, second = light(answers, true), light(answers, other)  # (codes, clips)
    there = torch.stack([first > THERE, second > THERE])
    came = (first > second).float()
    return {
        "both": float(there.all(0).float().mean()),
        "one": float((there.sum(0) == 1).float().mean()),
        "none": float((~there.any(0)).float().mean()),
        "came": float(came.mean()),
        "by the code": float(4 * (came.mean(0) * (1 - came.mean(0))).mean()),
        "sharpness": sharpness_ratio(answers.flatten(0, 1), true),
        "sheet": kept(answers[:2, :SHOWN].flatten(0, 1), SHOWN),
    }


def light(answers: Tensor, place: Tensor) -> Tensor:
    """Share of a future's light that answers show in its place: (codes, clips)."""
    mask = place.float() / 255
    shown = (answers + 1) / 2 * mask
    return shown.sum((-3, -2, -1)) / mask.sum((-3, -2, -1))


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


def picture(arms: Arms) -> Figure:
    past = data()[0].held["given"][:SHOWN]
    seen = {"the last two frames": kept(torch.cat([past[:, 2:3], past[:, 3:]]), SHOWN)}
    return sheets(seen | shown(arms))


def film(arms: Arms) -> Iterator[Figure]:
    past = data()[0].held["given"][:SHOWN]
    last = shown(arms)
    for t in range(TURN):
        seen = kept(past[:, t : t + 1].repeat(2, 1, 1, 1), SHOWN)
        yield sheets(dict.fromkeys(last, seen))
    yield sheets(last)


def shown(arms: Arms) -> dict[str, str]:
    """The two right futures of a few clips, and the arms' answers by two codes."""
    dataset, other = data()
    right = kept(torch.cat([dataset.held["real"][:SHOWN], other[:SHOWN]]), SHOWN)
    learnt = {f"{arm}, two codes": arms.first(arm, "sheet") for arm in list(ARMS)[1:]}
    return {"the two right futures": right} | learnt


EXPERIMENT = Experiment(
    id="C9",
    title="Least squares shows both futures, a discriminator picks one",
    says="Where a past has two futures, what least squares predicts is both of them at once, half "
    "as bright; a discriminator that sees the continuation allows only one.",
    paper="arXiv:1511.05440",
    metric="a shape turns left or right by a fair coin: share of predictions with at least a "
    "quarter of the light of both right futures; of one; sharpness; how often it is the one that "
    "came, and by how much the code decides (1: for every clip both, equally often); 8 codes each",
    criterion="both: L2 at least 0.8, adversarial + L2 at most 0.2, and one of them at least 0.5; "
    "sharpness over L2's at least 1.5; the one that came between 0.4 and 0.6",
    arms=tuple(ARMS),
    run=run,
    check=check,
    control={"adversarial + L2": "copy last", "L2": "adversarial + L2"},
    fails="the last frame shown again shows neither future, and the adversarial one not both",
    quick=Form(1, {"steps": 1500, "width": 16}),
    full=Form(3, {"steps": 3000, "width": 32}),
    picture=picture,
    film=film,
)

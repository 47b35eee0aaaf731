from __future__ import annotations

from typing import Any

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, below
from gansmith.lab.tools import numbers_of, trainer_of

AT = (0.1, 0.25, 1.0)


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    """cFID at parts of the budget, in which the steps of D alone are counted."""
    asked: dict[str, Any] = {"preset": "nsgan" if arm == "nsgan" else "ebgan"}
    if arm == "pre-trained":
        asked["pretrain_steps"] = steps // 20
    trainer = trainer_of(data="fashion", seed=seed, steps=steps, width=width, **asked)
    data = open_data("fashion")
    numbers: Numbers = {}
    for part in AT:
        trainer.fit(round(part * steps))
        numbers[f"at {part:g}"] = numbers_of(trainer, data, 2000)["cfid"]
    return numbers


def check(arms: Arms) -> list[Check]:
    first = f"at {AT[0]:g}"
    best = arms.mean("pre-trained", first)
    others = {arm: best / arms.mean(arm, first) for arm in ("from nothing", "nsgan")}
    return [below(f"cFID at a tenth of the budget, over {a}", r, 0.8) for a, r in others.items()]


EXPERIMENT = Experiment(
    id="L2",
    title="An auto-encoder as D can be trained before G",
    says="D = -error needs no fakes to begin with: trained on the data alone for a while, it makes "
    "the first pictures better.",
    paper="arXiv:1609.03126, section 2; arXiv:1412.6583",
    metric="cFID at a tenth, a quarter and all of one budget of steps",
    criterion="at a tenth at most 0.8 of ebgan without pre-training and of nsgan",
    arms=("pre-trained", "from nothing", "nsgan"),
    run=run,
    check=check,
    control={"pre-trained": "nsgan"},
    fails="a GAN whose D cannot be trained alone",
    quick=Form(1, {"steps": 800, "width": 16}),
    full=Form(3, {"steps": 8000, "width": 32}),
)

from __future__ import annotations

from typing import Any

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer

AT = (0.1, 0.25, 1.0)


def run(arm: str, seed: int, steps: int, ahead: int, width: int) -> Numbers:
    """cFID at parts of the budget, which counts the steps of G."""
    keywords: dict[str, Any] = {"preset": "nsgan" if arm == "nsgan" else "ebgan"}
    before = ahead if arm == "pre-trained" else 0
    if before:
        keywords["d_pretrain_steps"] = before
    trainer = preset_trainer(
        data="fashion", seed=seed, steps=before + steps, width=width, **keywords
    )
    data = open_data("fashion")
    numbers: Numbers = {}
    for part in AT:
        trainer.fit(before + round(part * steps))
        numbers[f"at {part:g}"] = evaluate_trainer(trainer, data, 2000)["cfid"]
    return numbers


def check(arms: Arms) -> list[Check]:
    first = f"at {AT[0]:g}"
    best = arms.mean("pre-trained", first)
    others = {arm: best / arms.mean(arm, first) for arm in ("from nothing", "nsgan")}
    return [below(f"cFID at a tenth of the budget, over {a}", r, 0.8) for a, r in others.items()]


EXPERIMENT = Experiment(
    id="L2",
    title="An auto-encoder as D can be trained before G",
    claim="D = -error can start without fakes: trained on the data alone for a while, it gives "
    "better pictures early on.",
    paper="arXiv:1609.03126, section 2; arXiv:1412.6583",
    metric="cFID at a tenth, a quarter and all of one budget of steps of G",
    criterion="at a tenth at most 0.8 of ebgan without pre-training and of nsgan",
    arms=("pre-trained", "from nothing", "nsgan"),
    run=run,
    check=check,
    control={"pre-trained": "nsgan"},
    control_description="a GAN whose D cannot be trained alone",
    quick=Budget(3, {"steps": 1000, "ahead": 400, "width": 16}),
    full=Budget(3, {"steps": 2000, "ahead": 1000, "width": 32}),
    departures="the steps of D before the game are not counted; where they are (40 of 80 at width "
    "16), the first pictures are no better than without. After some 400 steps of G the lead is "
    "gone",
)

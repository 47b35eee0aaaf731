from __future__ import annotations

from typing import Any

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below, rises
from gansmith.lab.tools import evaluate_trainer, preset_trainer

GAMMAS = {"gamma 0.3": 0.3, "gamma 0.5": 0.5, "gamma 0.7": 0.7}


def run(arm: str, seed: int, steps: int, width: int) -> Numbers:
    gamma = GAMMAS.get(arm, 0.5)
    keywords: dict[str, Any] = {"gamma": gamma} | (
        {"lambda_k": 1e-9} if arm == "no balance" else {}
    )
    trainer = preset_trainer("began", "fashion", seed, steps, width=width, **keywords)
    real = fake = 0.0
    measures = []
    for step in range(steps):
        terms = {key: float(value) for key, value in trainer.train_step().items()}
        measures.append(terms["G/measure"])
        if step >= steps // 2:
            real, fake = real + terms["D/real"], fake + terms["D/fake"]
    tenth = max(1, steps // 10)
    found = evaluate_trainer(trainer, open_data("fashion"), 2000)
    return {
        "ratio": fake / real,
        "fall": sum(measures[:tenth]) / sum(measures[-tenth:]),
        "recall": found["recall"],
        "cfid": found["cfid"],
    }


def check(arms: Arms) -> list[Check]:
    off = [
        below(f"ratio of the errors off {arm} by", abs(arms.mean(arm, "ratio") / gamma - 1), 0.15)
        for arm, gamma in GAMMAS.items()
    ]
    recall = [arms.mean(arm, "recall") for arm in GAMMAS]
    return [
        *off,
        rises(f"recall rises with gamma, by {recall[2] - recall[0]:.3g}", [recall[0], recall[2]]),
        above("fall of the measure, times, gamma 0.5", arms.mean("gamma 0.5", "fall"), 3.0),
    ]


EXPERIMENT = Experiment(
    id="L4",
    title="BEGAN balances two errors",
    claim="A weight that follows the errors holds their ratio at gamma, low for sharp pictures "
    "and high for diverse ones; a measure of both falls as the game converges.",
    paper="arXiv:1703.10717",
    metric="E[L(G)] / E[L(x)] over the second half of the run; recall; fall of the measure",
    criterion="within 15 % of gamma; recall rises with it; the measure falls threefold",
    arms=(*GAMMAS, "no balance"),
    run=run,
    check=check,
    control={"gamma 0.3": "no balance"},
    control_description="a constant weight, with which the ratio does not follow gamma",
    quick=Budget(3, {"steps": 600, "width": 16}),
    full=Budget(3, {"steps": 6000, "width": 32}),
)

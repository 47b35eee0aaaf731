from __future__ import annotations

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.tools import evaluate_trainer, preset_trainer


def run(arm: str, seed: int, steps: int) -> Numbers:
    prior, length = ("normal", 1) if arm == "untrained" else (arm, steps)
    trainer = preset_trainer(
        "wgan-gp", "ring", seed, length, prior=prior, penalty_weight=1.0, batch=128
    )
    trainer.fit()
    found = evaluate_trainer(trainer, open_data("ring"))
    return {"modes": found["modes_20"], "sliced": found["sliced"]}


def check(arms: Arms) -> list[Check]:
    modes = [arms.mean(arm, "modes") for arm in ("normal", "uniform")]
    ratio = arms.mean("normal", "sliced") / arms.mean("uniform", "sliced")
    return [
        above("modes found with either", min(modes), 4.0),
        below("difference in modes", abs(modes[0] - modes[1]), 2.0),
        above("ratio of the distances to the data", ratio, 0.5),
        below("ratio of the distances to the data", ratio, 2.0),
    ]


EXPERIMENT = Experiment(
    id="T11",
    title="The prior hardly matters",
    claim="With latent codes from a normal or from a uniform distribution the generator is as "
    "good.",
    paper="lecture",
    metric="modes of the ring with 20 samples or more; sliced distance to the data",
    criterion="at most 2 modes apart; ratio of distances in [0.5, 2]",
    arms=("normal", "uniform", "untrained"),
    run=run,
    check=check,
    control={"normal": "untrained"},
    control_description="an untrained generator",
    quick=Budget(3, {"steps": 1500}),
    full=Budget(10, {"steps": 6000}),
    departures="on the ring; for the grid of 25 and garments see the tables of the presets",
)

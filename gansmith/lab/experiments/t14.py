from __future__ import annotations

from statistics import pstdev

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.tools import numbers_of, trainer_of


def run(arm: str, seed: int, steps: int, looks: int) -> Numbers:
    memory = {"preset": "replay", "memory": 8192} if arm == "memory" else {"preset": "nsgan"}
    trainer = trainer_of(data="ring", seed=seed, steps=steps, lr=1e-3, **memory)
    modes = []
    for look in range(1, looks + 1):
        trainer.fit(look * steps // looks)
        modes.append(numbers_of(trainer, open_data("ring"))["modes_20"])
    half = modes[looks // 2 :]
    return {"modes": sum(half) / len(half), "swing": pstdev(half), "curve": modes}


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("memory", "modes") - arms.mean("none", "modes")
    swing = arms.mean("memory", "swing") / max(arms.mean("none", "swing"), 1e-9)
    return [
        above("modes, with memory less without", gain, 0.0),
        below("swing of the modes, with over without", swing, 0.8),
    ]


EXPERIMENT = Experiment(
    id="T14",
    title="Fakes of past generators steady D",
    says="When D is also shown what earlier generators made, no mode is lost, and they come and go "
    "less.",
    paper="arXiv:1612.07828, section 2.3",
    metric="modes of the ring over the second half of the run: mean, and standard deviation",
    criterion="as many modes or more; the deviation lower by a fifth",
    arms=("memory", "none"),
    run=run,
    check=check,
    control={"memory": "none"},
    fails="no memory",
    quick=Form(2, {"steps": 3000, "looks": 20}),
    full=Form(10, {"steps": 10_000, "looks": 100}),
)

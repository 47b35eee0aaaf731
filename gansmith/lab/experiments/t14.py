from __future__ import annotations

from gansmith.games.gan import GAN
from gansmith.games.history import Replayed
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.ring import looks, restless, summary
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.image_pool import Pool


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    players, objective = restless(seed), OBJECTIVES["non-saturating"]
    game = GAN(*players, objective=objective)
    if arm == "memory":
        game = Replayed(*players, objective=objective, memory=Pool(8192, (2,)))
    return summary(looks(game, seed, steps, count, rates={"D": 1e-3}))


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
    quick=Form(3, {"steps": 4000, "count": 40}),
    full=Form(10, {"steps": 10_000, "count": 100}),
)

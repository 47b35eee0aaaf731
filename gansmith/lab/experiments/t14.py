from __future__ import annotations

import math

from gansmith.games.gan import GAN
from gansmith.games.history import HistoryGAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.ring import oscillating_players, summarize, train_and_measure
from gansmith.losses.objectives import OBJECTIVES
from gansmith.networks.image_pool import ImagePool


def run(arm: str, seed: int, steps: int, count: int) -> Numbers:
    players, objective = oscillating_players(seed), OBJECTIVES["non-saturating"]
    game = GAN(*players, objective=objective)
    if arm == "memory":
        game = HistoryGAN(*players, objective=objective, pool=ImagePool(8192, (2,)))
    return summarize(train_and_measure(game, seed, steps, count, rates={"D": 1e-3}))


def check(arms: Arms) -> list[Check]:
    gain = arms.mean("memory", "modes") - arms.mean("none", "modes")
    swing, plain = arms.mean("memory", "swing"), arms.mean("none", "swing")
    return [
        above("modes, with memory less without", gain, 0.0),
        below("swing of the modes, with over without", swing / plain if plain else math.inf, 0.8),
    ]


EXPERIMENT = Experiment(
    id="T14",
    title="Fakes of past generators steady D",
    claim="When D is also trained on samples of earlier generators, no mode is lost, and modes "
    "come and go less.",
    paper="arXiv:1612.07828, section 2.3",
    metric="modes of the ring over the second half of the run: mean, and standard deviation",
    criterion="as many modes or more; the deviation lower by a fifth",
    arms=("memory", "none"),
    run=run,
    check=check,
    control={"memory": "none"},
    control_description="no history of samples",
    quick=Budget(3, {"steps": 4000, "count": 40}),
    full=Budget(10, {"steps": 10_000, "count": 100}),
)

from __future__ import annotations

from gansmith.games.gan import GAN
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.ring import stable_players, summarize, train_and_measure
from gansmith.losses.objectives import OBJECTIVES

NAMES = ("kl", "reverse-kl", "jensen-shannon", "pearson")


def run(arm: str, seed: int, steps: int) -> Numbers:
    length, name = (1, "kl") if arm == "untrained" else (steps, arm)
    game = GAN(*stable_players(seed), objective=OBJECTIVES[name])
    return summarize(train_and_measure(game, seed, length, min(length, 20)))


def check(arms: Arms) -> list[Check]:
    modes = sorted(arms.mean(name, "modes") for name in NAMES)
    return [
        above("modes by the best", modes[-1], 4.0),
        below("modes by the best over the next", modes[-1] - modes[-2], 1.0),
    ]


EXPERIMENT = Experiment(
    id="F6",
    title="Another divergence does not cure mode dropping",
    claim="With a generator that could represent all modes, KL, reverse KL, JS and Pearson drop "
    "about as many: modes are dropped by the training and not by the divergence.",
    paper="arXiv:1701.00160; arXiv:1711.10337",
    metric="modes of the ring with 20 samples or more",
    criterion="no divergence finds more than one mode more than all others",
    arms=(*NAMES, "untrained"),
    run=run,
    check=check,
    control=dict.fromkeys(NAMES, "untrained"),
    control_description="untrained generators, which cover no mode",
    quick=Budget(3, {"steps": 3000}),
    full=Budget(5, {"steps": 10_000}),
)

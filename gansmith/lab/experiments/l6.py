from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import torch

from gansmith.data import open_data
from gansmith.games.ebm import Energy
from gansmith.lab.experiment import Arms, Check, Experiment, Form, Numbers, above, below
from gansmith.lab.ring import look
from gansmith.lab.tools import numbers_of, trainer_of
from gansmith.networks.linear_chain import Chain

WAYS: dict[str, dict[str, Any]] = {
    "Langevin": {},
    "argmax": {"noise": None},
    "noise alone": {"restarts": 1.0, "walk": 1},
}


def run(arm: str, seed: int, steps: int) -> Numbers:
    """A ring learnt by a D alone; negatives are walks up D, or points of noise that hardly move."""
    trainer = trainer_of("energy", "ring", seed, steps, **WAYS[arm])
    if arm == "noise alone":
        assert isinstance(trainer.game, Energy)
        trainer.game.rounds = 160  # as long a walk to a sample as the others take
    trainer.fit()
    found = numbers_of(trainer, open_data("ring"))
    game = trainer.game.eval()
    seconds = timed(lambda: look(game))
    G = trainer_of("nsgan", "ring", seed, 1).game.eval()
    right = all(best(seed) for seed in range(20))
    return {
        "modes": found["modes_20"],
        "good": found["high_quality"],
        "cost": seconds / timed(lambda: look(G)),
        "exact": float(right),
    }


def timed(act: Callable[[], object]) -> float:
    """Processor seconds of a call."""
    began = time.process_time()
    act()
    return time.process_time() - began


def best(seed: int) -> bool:
    """Whether the exact argmax of a random chain is that of trying every sentence."""
    torch.manual_seed(seed)
    chain = Chain(4, 5, std=1.0)
    every = torch.tensor(
        [s for s in itertools.product(range(4), repeat=5) if 0 not in s or not any(s[s.index(0) :])]
    )  # 0 ends a sentence
    with torch.no_grad():
        return bool((chain.best() == every[chain(every).argmax()]).all())


def check(arms: Arms) -> list[Check]:
    return [
        above("modes of the ring", arms.mean("Langevin", "modes"), 7.0),
        above("good samples", arms.mean("Langevin", "good"), 0.7),
        below("good samples, negatives of noise", arms.mean("noise alone", "good"), 0.3),
        above("cost of a sample over a generator's", arms.mean("Langevin", "cost"), 50.0),
        above("argmax of a chain as by trying all", arms.mean("Langevin", "exact"), 1.0),
    ]


EXPERIMENT = Experiment(
    id="L6",
    title="A discriminator alone can generate",
    says="Negatives that are found by climbing D, again and again, make of D a model of the data: "
    "good samples, at the price of a walk for each. Negatives of noise do not.",
    paper="arXiv:1903.08689",
    metric="modes of the ring with 20 samples, share within 3 std; time of a sample",
    criterion="7 modes, 0.7 good, 0.3 by noise; 50 times a generator's cost; argmax exact",
    arms=tuple(WAYS),
    run=run,
    check=check,
    control={"Langevin": "noise alone"},
    fails="negatives of noise",
    quick=Form(1, {"steps": 6000}),
    full=Form(3, {"steps": 12_000}),
)

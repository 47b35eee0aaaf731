from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gansmith.data import open_data
from gansmith.lab.experiment import Arms, Budget, Check, Experiment, Numbers, above, below
from gansmith.lab.ring import measure_coverage
from gansmith.lab.tools import evaluate_trainer, preset_trainer

SETTINGS: dict[str, dict[str, Any]] = {
    "Langevin": {},
    "argmax": {"noise": None},
    # sampled by chains as long as those of the other arms
    "noise alone": {"restart_prob": 1.0, "chain_steps": 1, "sample_rounds": 160},
}


def run(arm: str, seed: int, steps: int) -> Numbers:
    """A ring learnt by D alone; negatives are chains of gradient ascent on D, or plain noise."""
    trainer = preset_trainer("ebm", "ring", seed, steps, **SETTINGS[arm])
    trainer.fit()
    found = evaluate_trainer(trainer, open_data("ring"))
    game = trainer.game.eval()
    seconds = cpu_seconds(lambda: measure_coverage(game))
    G = preset_trainer("nsgan", "ring", seed, 1).game.eval()
    return {
        "modes": found["modes_20"],
        "good": found["high_quality"],
        "cost": seconds / cpu_seconds(lambda: measure_coverage(G)),
    }


def cpu_seconds(call: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    began = time.process_time()
    call()
    return time.process_time() - began


def check(arms: Arms) -> list[Check]:
    found = []
    for arm in ("Langevin", "argmax"):
        found += [
            above(f"modes of the ring, {arm}", arms.mean(arm, "modes"), 7.0),
            above(f"high-quality samples, {arm}", arms.mean(arm, "good"), 0.7),
        ]
    return [
        *found,
        below("high-quality samples, negatives of noise", arms.mean("noise alone", "good"), 0.3),
        above("cost of a sample over a generator's", arms.mean("Langevin", "cost"), 50.0),
    ]


EXPERIMENT = Experiment(
    id="L6",
    title="A discriminator alone can generate",
    claim="Trained against negatives that are found by gradient ascent on D itself, with noise "
    "(Langevin) or without (argmax), D becomes a model of the data and can be sampled from, at "
    "the cost of a chain for each sample. Negatives of plain noise are not enough.",
    paper="arXiv:1903.08689",
    metric="modes of the ring with 20 samples, share of samples within 3 std; time of a sample",
    criterion="7 modes and 0.7 high-quality samples, by Langevin and by argmax; at most 0.3 by "
    "noise; 50 times a generator's cost",
    arms=tuple(SETTINGS),
    run=run,
    check=check,
    control={"Langevin": "noise alone", "argmax": "noise alone"},
    control_description="negatives of noise",
    quick=Budget(1, {"steps": 6000}),
    full=Budget(3, {"steps": 12_000}),
)

"""Every criterion, on numbers made for it: it must not hold for labels exchanged or equal numbers.

Nothing is trained: the numbers are those of a committed seed at which the claim holds, or, where it
holds at none, such numbers with the changes of HOLDS.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest

from gansmith.lab import Arms, Experiment, compute_verdict, read_results
from gansmith.lab.experiment import Numbers, all_passed
from gansmith.lab.experiments import EXPERIMENTS
from gansmith.lab.runner import results_path

RESULTS = Path(__file__).parents[2] / "benchmarks/lab"
# by experiment and arm: what it would take for the claim to hold, and not for the control
HOLDS: dict[str, dict[str, Numbers]] = {
    "T10": {"real, projected": {"sharpness": 0.9}},
    "T12": {"trained": {"probe": 0.9, "half": 0.2}},
    "F10": {"on": {"modes": 20.0}},
    "F11": {"K=5, blind": {"modes": 1.0, "last": 1}},
    "WD5": {"penalty": {"modes": 8, "slope": 1.0}, "no bound": {"modes": 0, "slope": 0.0}},
    "WD7": {"wgan-ct": {"violation": 0.01, "gap": -1.0}},
    "WD11": {"nearest pairs": {"W, ring": 0.1, "W, swiss-roll": 0.1}},
    "A3": {
        **{gan: {"cfid": 10.0} for gan in ("gan", "nsgan", "lsgan", "wgan", "wgan-gp", "began")},
        "vae": {"cfid": 16.0},
    },
    "C4": {"split": {"realism": 0.95, "right": 0.8}},
    "C5": {"two stages": {"cfid": 5.0, "class kept": 1.0}},
    "C6": {"cGAN": {"l1": 0.2}, "GAN": {"right": 0.1}},
    "C11": {"GAN": {f"invalid {name}": 0.01 for name in ("dcgan", "resnet", "r3")}},
}
# the claim is that arms are alike, or that one is no worse: equal numbers do not refute it
ALIKE = {"F6", "L5", "T11", "T17", "WD11"}

Seed = dict[str, Numbers]  # the numbers of each arm


def committed(experiment: Experiment) -> Iterator[Seed]:
    """The numbers of every committed seed; none for an arm that has not been run."""
    for full in (False, True):
        path = results_path(RESULTS, experiment.id, full)
        if path.exists():
            arms, _ = read_results(path, experiment)
            for seeds in zip_longest(*arms.numbers.values(), fillvalue=Numbers()):
                yield dict(zip(experiment.arms, seeds, strict=True))


def arms_of(*seeds: Seed) -> Arms:
    return Arms({arm: [seed[arm] for seed in seeds] for arm in seeds[0]})


@cache
def holding(id_: str) -> Seed:
    """Numbers with which the criterion holds."""
    experiment, changes = EXPERIMENTS[id_], HOLDS.get(id_, {})
    for seed in committed(experiment):
        changed = {arm: numbers | changes.get(arm, {}) for arm, numbers in seed.items()}
        if all_passed(experiment.check(arms_of(changed))):
            return changed
    raise AssertionError(f"no committed seed of {id_} holds: HOLDS needs numbers for it")


class Watched(dict[str, list[Numbers]]):
    """The numbers of arms, and which arms were read."""

    def __init__(self, numbers: dict[str, list[Numbers]]) -> None:
        super().__init__(numbers)
        self.read: set[str] = set()

    def __getitem__(self, arm: str) -> list[Numbers]:
        self.read.add(arm)
        return super().__getitem__(arm)


def arms_read(experiment: Experiment, seed: Seed) -> set[str]:
    arms = arms_of(seed)
    arms.numbers = watched = Watched(arms.numbers)
    experiment.check(arms)
    return watched.read


@pytest.fixture(params=EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def experiment(request: pytest.FixtureRequest) -> Experiment:
    return request.param  # type: ignore[no-any-return]


def test_with_labels_exchanged_no_claim_holds(experiment: Experiment) -> None:
    seed = holding(experiment.id)
    exchanged = seed | {control: seed[arm] for arm, control in experiment.control.items()}
    exchanged |= {arm: seed[control] for arm, control in experiment.control.items()}
    assert not all_passed(experiment.check(arms_of(exchanged)))
    turned = dict(zip(seed, [*list(seed.values())[1:], seed[experiment.arms[0]]], strict=True))
    assert compute_verdict(experiment, arms_of(turned, turned)).outcome != "holds"


def test_with_equal_numbers_no_claim_holds(experiment: Experiment) -> None:
    seed = holding(experiment.id)
    compares = len(arms_read(experiment, seed)) > 1 and experiment.id not in ALIKE
    for numbers in seed.values():
        equal = arms_of(*[dict.fromkeys(seed, numbers)] * 2)
        assert compute_verdict(experiment, equal).outcome != "holds"
        assert not (compares and all_passed(experiment.check(equal)))


def test_a_control_with_the_effect_makes_the_verdict_inconclusive(experiment: Experiment) -> None:
    """So no control fails whatever its numbers: at the next seed it gets those of the claim."""
    seed = holding(experiment.id)
    replaced = seed | {control: seed[arm] for arm, control in experiment.control.items()}
    first = replaced if experiment.population else seed
    verdict = compute_verdict(experiment, arms_of(first, replaced))
    assert all_passed(verdict.control[0])
    assert verdict.outcome == "inconclusive"

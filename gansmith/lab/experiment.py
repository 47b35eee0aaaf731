"""What an experiment is: arms that yield numbers, a check of them, controls that must fail it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = dict[str, Any]  # numbers, or lists of them for a plot
Outcome = Literal["holds", "does not hold", "depends on the seed", "inconclusive"]


@dataclass(frozen=True)
class Check:
    """One condition of a criterion: a statement with its numbers, and whether it is true."""

    statement: str
    passed: bool


class Arms:
    """The numbers of every arm: a dict for each seed; one that diverged has the key "diverged"."""

    def __init__(self, numbers: Mapping[str, Sequence[Numbers]]) -> None:
        self.numbers = {arm: list(seeds) for arm, seeds in numbers.items()}

    def values(self, arm: str, key: str) -> list[float]:
        """A number for each seed; NaN where the seed diverged, so that no comparison holds."""
        return [float(seed.get(key, math.nan)) for seed in self.numbers[arm]]

    def mean(self, arm: str, key: str) -> float:
        """The mean over the seeds."""
        return mean(self.values(arm, key))

    def mean_list(self, arm: str, key: str) -> list[float]:
        """The mean of a list over the seeds, place by place; NaN where a seed diverged."""
        lists = [seed[key] for seed in self.numbers[arm] if key in seed] or [[math.nan]]
        places = [mean(place) for place in zip(*lists, strict=True)]
        return [math.nan] * len(places) if self.diverged(arm) else places

    def first(self, arm: str, key: str) -> Any:
        """The value of the first seed that did not diverge, for a plot; None if there is none."""
        return next((seed[key] for seed in self.numbers.get(arm, []) if key in seed), None)

    def diverged(self, arm: str) -> int:
        """How many seeds diverged."""
        return sum("diverged" in seed for seed in self.numbers[arm])

    def substitute(self, others: Mapping[str, str]) -> Arms:
        """The same arms, some of them with the numbers of another arm at the next seed.

        The next seed, so that an arm is never compared with itself: whether A over A is below 0.8
        says nothing; whether A over another run of A is, shows what chance alone can do.
        """
        turned = {arm: self.numbers[other] for arm, other in others.items()}
        return Arms(self.numbers | {arm: seeds[1:] + seeds[:1] for arm, seeds in turned.items()})

    def by_seed(self) -> list[Arms]:
        """The numbers of each seed alone, of the seeds that every arm has."""
        count = min(len(seeds) for seeds in self.numbers.values())
        return [Arms({a: [seeds[i]] for a, seeds in self.numbers.items()}) for i in range(count)]


@dataclass(frozen=True)
class Budget:
    """The size of an experiment: the number of seeds, and the settings that `run` takes."""

    seeds: int
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A claim that can be checked.

    claim: in one or two sentences. paper: where it is from.
    metric, criterion: what is measured and when the claim holds, in words.
    arms: their names. run: run(arm, seed, **settings) returns an arm's numbers.
    check: the criterion, a function of the numbers of the arms alone.
    control: arms that replace others, with which the criterion must fail: the same without what the
        claim is about, so that a criterion that cannot see it would pass. control_description: what
        they are.
    quick, full: minutes, and the size that the claim needs.
    plot: of the numbers. animate: the frames of an animation.
    departures: where the full run is smaller or otherwise than in the paper.
    population: the claim is about a share of many runs or random settings, one for each seed; a
        seed alone decides nothing.
    """

    id: str
    title: str
    claim: str
    paper: str
    metric: str
    criterion: str
    arms: tuple[str, ...]
    run: Callable[..., Numbers]
    check: Callable[[Arms], list[Check]]
    control: Mapping[str, str]
    control_description: str
    quick: Budget
    full: Budget
    plot: Callable[[Arms], Figure] | None = None
    animate: Callable[[Arms], Iterable[Figure]] | None = None
    departures: str = ""
    population: bool = False


@dataclass(frozen=True)
class Verdict:
    """The outcome of an experiment.

    checks: of the criterion, over all seeds. seeds: whether the criterion holds at each seed alone.
    control: at each seed, the checks of the criterion with the control arms.
    """

    outcome: Outcome
    checks: tuple[Check, ...] = ()
    seeds: tuple[bool, ...] = ()
    control: tuple[tuple[Check, ...], ...] = ()


def compute_verdict(experiment: Experiment, arms: Arms) -> Verdict:
    """The verdict.

    holds: over all seeds and at each alone. does not hold: at none of these. depends on the seed:
    at some. inconclusive: an arm is missing, a control diverged, which shows nothing about the
    criterion, or the criterion holds with the control at half of the seeds or more.
    """
    if any(not arms.numbers.get(arm) for arm in experiment.arms):
        return Verdict("inconclusive")
    controls = set(experiment.control.values()) - set(experiment.control)
    checks = tuple(experiment.check(arms))
    seeds = tuple(all_passed(experiment.check(seed)) for seed in _units(experiment, arms))
    replaced = _units(experiment, arms.substitute(experiment.control))
    control = tuple(tuple(experiment.check(seed)) for seed in replaced)
    passes, votes = sum(map(all_passed, control)), {all_passed(checks), *seeds}
    outcome: Outcome = "depends on the seed"
    if any(map(arms.diverged, controls)) or passes >= len(control) / 2:
        outcome = "inconclusive"
    elif len(votes) == 1:
        outcome = "holds" if votes.pop() else "does not hold"
    return Verdict(outcome, checks, seeds, control)


def _units(experiment: Experiment, arms: Arms) -> list[Arms]:
    """What the criterion judges one by one: the seeds, or all of them as one population."""
    return [arms] if experiment.population else arms.by_seed()


def all_passed(checks: Iterable[Check]) -> bool:
    """Whether a criterion holds: all of its checks."""
    return all(check.passed for check in checks)


def rises(name: str, values: Sequence[float], slack: float = 0.0) -> Check:
    """Every value is above the one before, or below it by less than the slack."""
    return Check(name, all(b - a > -slack for a, b in pairwise(values)))


def below(name: str, value: float, limit: float) -> Check:
    """value <= limit."""
    return Check(f"{name} {value:.4g} <= {limit:.4g}", bool(value <= limit))


def above(name: str, value: float, limit: float) -> Check:
    """value >= limit."""
    return Check(f"{name} {value:.4g} >= {limit:.4g}", bool(value >= limit))


def near(name: str, value: float, true: float, within: float) -> Check:
    """abs(value - true) <= within."""
    return Check(
        f"{name} {value:.4g} within {within:.2g} of {true:.4g}", bool(abs(value - true) <= within)
    )

"""What an experiment is: arms that yield numbers, a check of them, controls that must fail it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = dict[str, Any]  # numbers, or lists of them for a plot
Outcome = Literal["holds", "does not hold", "inconclusive"]


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

    def first(self, arm: str, key: str) -> Any:
        """The value of the first seed that did not diverge, for a plot; None if there is none."""
        return next((seed[key] for seed in self.numbers.get(arm, []) if key in seed), None)

    def diverged(self, arm: str) -> int:
        """How many seeds diverged."""
        return sum("diverged" in seed for seed in self.numbers[arm])

    def substitute(self, others: Mapping[str, str]) -> Arms:
        """The same arms, some of them with the numbers of another arm."""
        return Arms(self.numbers | {arm: self.numbers[other] for arm, other in others.items()})


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
    check: the criterion. control: arms that replace others, with which the criterion must fail;
        control_description: what they are.
    quick, full: about two minutes, and the size that the claim needs.
    plot: of the numbers. animate: the frames of an animation.
    departures: where the full run is smaller or otherwise than in the paper.
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


@dataclass(frozen=True)
class Verdict:
    """The outcome of an experiment.

    checks: of the criterion. control: of the criterion with the control arms, of which at least one
    must fail.
    """

    outcome: Outcome
    checks: tuple[Check, ...]
    control: tuple[Check, ...]


def compute_verdict(experiment: Experiment, arms: Arms) -> Verdict:
    """The verdict: inconclusive where an arm is missing or the control passes too."""
    if any(not arms.numbers.get(arm) for arm in experiment.arms):
        return Verdict("inconclusive", (), ())
    checks = tuple(experiment.check(arms))
    control = tuple(experiment.check(arms.substitute(experiment.control)))
    if all(check.passed for check in control):
        return Verdict("inconclusive", checks, control)
    outcome: Outcome = "holds" if all(check.passed for check in checks) else "does not hold"
    return Verdict(outcome, checks, control)


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

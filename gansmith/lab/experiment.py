"""What an experiment is: arms that yield numbers, a check of them, controls that must fail it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = dict[str, Any]  # numbers, or lists of them for the picture
Word = Literal["holds", "does not hold", "inconclusive"]


@dataclass(frozen=True)
class Check:
    """One condition of a criterion: what was asked, in words with numbers, and whether it is so."""

    said: str
    passed: bool


class Arms:
    """The numbers of every arm, a dict for each seed; a seed that diverged has "diverged"."""

    def __init__(self, numbers: Mapping[str, Sequence[Numbers]]) -> None:
        self.numbers = {arm: list(seeds) for arm, seeds in numbers.items()}

    def each(self, arm: str, key: str) -> list[float]:
        """A number for each seed; NaN where the seed diverged, so that no comparison holds."""
        return [float(seed.get(key, math.nan)) for seed in self.numbers[arm]]

    def mean(self, arm: str, key: str) -> float:
        """The mean over the seeds."""
        return mean(self.each(arm, key))

    def first(self, arm: str, key: str) -> Any:
        """What the first seed that did not diverge has, for the picture; None if there is none."""
        return next((seed[key] for seed in self.numbers.get(arm, []) if key in seed), None)

    def diverged(self, arm: str) -> int:
        """Seeds that diverged."""
        return sum("diverged" in seed for seed in self.numbers[arm])

    def instead(self, places: Mapping[str, str]) -> Arms:
        """The same, with other arms in the places of some."""
        return Arms(self.numbers | {arm: self.numbers[other] for arm, other in places.items()})


@dataclass(frozen=True)
class Form:
    """How large an experiment is played: seeds, and what `run` is given beside arm and seed."""

    seeds: int
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A claim that can be checked.

    id: of the row; title: a few words; says: the claim, in one or two sentences; paper: where from.
    metric, criterion: what is measured and when the claim holds, in words.
    arms: names; run(arm, seed, **settings) gives an arm's numbers.
    check: the criterion. control: arms that take the places of others and must then fail it; why.
    quick, full: about two minutes, and the size that the claim asks for.
    picture: drawn from the numbers. film: pictures of one film.
    departs: where the full form is smaller than the claim asks.
    """

    id: str
    title: str
    says: str
    paper: str
    metric: str
    criterion: str
    arms: tuple[str, ...]
    run: Callable[..., Numbers]
    check: Callable[[Arms], list[Check]]
    control: Mapping[str, str]
    fails: str
    quick: Form
    full: Form
    picture: Callable[[Arms], Figure] | None = None
    film: Callable[[Arms], Iterable[Figure]] | None = None
    departs: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the results say. checks: of the criterion; control: of the criterion with the controls
    in their places, of which one at least must fail."""

    word: Word
    checks: tuple[Check, ...]
    control: tuple[Check, ...]


def judged(experiment: Experiment, arms: Arms) -> Verdict:
    """The verdict: inconclusive when an arm is missing or the control passes too."""
    if any(not arms.numbers.get(arm) for arm in experiment.arms):
        return Verdict("inconclusive", (), ())
    checks = tuple(experiment.check(arms))
    control = tuple(experiment.check(arms.instead(experiment.control)))
    if all(check.passed for check in control):
        return Verdict("inconclusive", checks, control)
    word: Word = "holds" if all(check.passed for check in checks) else "does not hold"
    return Verdict(word, checks, control)


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

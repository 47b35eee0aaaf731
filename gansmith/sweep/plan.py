"""What a sweep is asked for, checked before anything is written."""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gansmith.api import OPENING, PLAYING
from gansmith.core import distributed
from gansmith.core.suggest import unknown
from gansmith.evaluation import select
from gansmith.evaluation.evaluate import measure
from gansmith.presets import find_preset
from gansmith.runs.run import Run
from gansmith.sweep.search_space import Vary, from_json, grid, read, usual

TRIALS = 20
SAMPLERS = ("random", "grid", "tpe")


@dataclass
class Asked:
    """What a sweep was asked for; all that another machine must know.

    train: what every trial is given, as `gansmith.train` takes it. vary: what differs.
    metric: a number of `evaluate`, or None for the score that a run is kept by.
    measured: its name for people. better: lower or higher.
    """

    preset: str
    data: str
    train: dict[str, Any]
    vary: dict[str, Vary]
    sampler: str
    seed: int
    trials: int
    metric: str | None
    measured: str
    better: str
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self) | {"vary": {k: v.to_json() for k, v in self.vary.items()}}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Asked:
        """The inverse of `to_json`."""
        return cls(**plain | {"vary": {k: from_json(v) for k, v in plain["vary"].items()}})


def ask(
    run: Run,
    vary: Mapping[str, Any] | None,
    trials: int | None,
    sampler: str,
    metric: str | None,
    train: Mapping[str, Any],
) -> Asked:
    """What is asked for, resolved: every choice and every end of a range is built once.

    run: a trial's run at the preset's own values. The rest is as `sweep` takes it.
    Raises ValueError or TypeError for what cannot be varied or measured.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"a sampler is one of {', '.join(SAMPLERS)}; got {sampler!r}")
    if trials is not None and trials < 1:
        raise ValueError(f"a sweep has at least one trial; got {trials}")
    parts = _parts(run, vary, train)
    if sampler == "grid":
        combinations = math.prod(map(len, grid(parts).values()))
        trials = combinations if trials is None else min(trials, combinations)
    began_from = run.config.began_from
    given = _plain(train) | ({} if began_from is None else {"begin_from": began_from})
    asked = Asked(
        preset=run.config.preset,
        data=run.config.data,
        train={k: v for k, v in given.items() if k != "data"},
        vary=parts,
        sampler=sampler,
        seed=run.config.seed,
        trials=TRIALS if trials is None else trials,
        metric=metric,
        measured=select.NAMES[run.dataset.spec.kind],
        better="lower",
        fingerprint=run.dataset.spec.fingerprint,
    )
    _try(run, parts)
    return asked if metric is None else _measurable(run, asked, metric)


def _parts(run: Run, given: Mapping[str, Any] | None, train: Mapping[str, Any]) -> dict[str, Vary]:
    """What is varied, checked against the preset's signature."""
    preset, keywords = run.config.preset, run.config.keywords
    if given is None or not given:
        parts = usual({k: v for k, v in keywords.items() if k not in train})
        if not parts:
            raise ValueError(
                f"{preset} has none of the usual keywords left to vary; say which by "
                f"--vary KEYWORD=VALUES. There are: {', '.join(keywords)}"
            )
        return parts
    hints = typing.get_type_hints(find_preset(preset).build) | {"seed": int}
    known = [name for name in keywords if name != "steps"] + ["seed"]
    parts = {}
    for name, values in given.items():
        if name == "steps":
            raise ValueError("all trials are equally long: give --steps, and do not vary it")
        if name not in known:
            raise TypeError(unknown("keyword", name, known))
        if name != "seed" and name in train:
            raise ValueError(f"{name} is given and varied; leave out one of the two")
        parts[name] = read(name, values, hints[name])
    return parts


def _try(run: Run, parts: Mapping[str, Vary]) -> None:
    """Build the game and draw a batch with each choice and each end of a range.

    Raises ValueError for one that cannot be; one that merely wants much memory is let through.
    """
    run.check()
    for name, part in parts.items():
        for value in part.tried if name != "seed" else []:
            keywords = run.config.keywords | {name: value}
            tried = Run(run.folder, replace(run.config, keywords=keywords))
            tried.dataset = run.dataset
            try:
                tried.check()
            except (MemoryError, RuntimeError):
                continue  # such a trial has a result of its own
            except (ValueError, TypeError) as error:
                raise ValueError(f"--vary {name}: {value} cannot be: {error}") from None


def _measurable(run: Run, asked: Asked, metric: str) -> Asked:
    """What was asked, with the metric's name and which way is better.

    Raises ValueError for a metric that such data does not have.
    """
    game = run.recipe().game.requires_grad_(False).eval().to(distributed.start())
    numbers = measure(game, run.dataset, 200, run.config.seed)
    if metric not in numbers:
        raise ValueError(unknown("metric", metric, numbers))
    number = numbers[metric]
    named = f"distance of {number.name} to the data's" if number.better == "near" else number.name
    better = "higher" if number.better == "higher" else "lower"
    return replace(asked, measured=named, better=better)


def _plain(train: Mapping[str, Any]) -> dict[str, Any]:
    """What every trial is given as JSON holds it, what is not given left out."""
    known = (*OPENING, *PLAYING)
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in train.items()
        if value is not None or name not in known
    }

"""The plan of a sweep: what it searches and by which number, checked before anything is written."""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from gansmith.core import distributed
from gansmith.core.bounds import check_bounds
from gansmith.core.python_file import fingerprints, in_python_file, located
from gansmith.core.suggest import unknown_name
from gansmith.evaluation import select
from gansmith.presets import find_preset
from gansmith.runs.plan import OPENING, PLAYING
from gansmith.runs.run import Run
from gansmith.sweeps.search_space import (
    Dimension,
    default_space,
    from_json,
    grid_values,
    parse_dimension,
)

TRIALS = 20
SAMPLES = 200  # of an untrained game, to see which metrics there are
SAMPLERS = ("random", "grid", "tpe")


@dataclass
class SweepConfig:
    """The configuration of a sweep: all that another machine must know.

    train: the arguments that all trials share, as `gansmith.train` takes them.
    vary: the search space, by keyword.
    metric: a number of `evaluate`, my_file.py:mine, or None for the score that selects a run's
    `best` checkpoint.
    metric_name: its name in tables and plots. better: lower or higher.
    fingerprint: of the data. code: as in a run's configuration, and of "metric".
    """

    preset: str
    data: str
    train: dict[str, Any]
    vary: dict[str, Dimension]
    sampler: str
    seed: int
    trials: int
    metric: str | None
    metric_name: str
    better: str
    fingerprint: str
    code: dict[str, dict[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self) | {"vary": {k: v.to_json() for k, v in self.vary.items()}}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> SweepConfig:
        """The inverse of `to_json`."""
        return cls(**plain | {"vary": {k: from_json(v) for k, v in plain["vary"].items()}})


def plan_sweep(
    run: Run,
    vary: Mapping[str, Any] | None,
    trials: int | None,
    sampler: str,
    metric: str | None,
    train: Mapping[str, Any],
) -> SweepConfig:
    """The configuration of a sweep; the game is built once with every choice and end of a range.

    run: a trial's run at the preset's own values. The rest is as `sweep` takes it.
    Raises ValueError or TypeError for what cannot be varied or measured.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"a sampler is one of {', '.join(SAMPLERS)}; got {sampler!r}")
    if trials is not None and trials < 1:
        raise ValueError(f"a sweep has at least one trial; got {trials}")
    space = _search_space(run, vary, train)
    if sampler == "grid":
        combinations = math.prod(map(len, grid_values(space).values()))
        trials = combinations if trials is None else min(trials, combinations)
    began_from = run.config.began_from
    shared = _to_json(train) | ({} if began_from is None else {"begin_from": began_from})
    config = SweepConfig(
        preset=run.config.preset,
        data=run.config.data,
        train={k: v for k, v in shared.items() if k != "data"},
        vary=space,
        sampler=sampler,
        seed=run.config.seed,
        trials=TRIALS if trials is None else trials,
        metric=metric,
        metric_name=select.score_name(run.recipe().game, run.dataset),
        better="lower",
        fingerprint=run.dataset.spec.fingerprint,
        code=run.config.code,
    )
    _check_values(run, space)
    return config if metric is None else _resolve_metric(run, config, metric)


def _search_space(
    run: Run, vary: Mapping[str, Any] | None, train: Mapping[str, Any]
) -> dict[str, Dimension]:
    """The values of each keyword that is varied, checked against the preset's signature."""
    preset, keywords = run.config.preset, run.config.keywords
    if not vary:
        space = default_space({k: v for k, v in keywords.items() if k not in train})
        if not space:
            raise ValueError(
                f"{preset} has none of the usual keywords left to vary: name others by "
                f"--vary KEYWORD=VALUES. There are: {', '.join(keywords)}"
            )
        return space
    hints = typing.get_type_hints(find_preset(preset).build) | {"seed": int}
    known = [name for name in keywords if name != "steps"] + ["seed"]
    space = {}
    for name, values in vary.items():
        if name == "steps":
            raise ValueError("all trials are equally long: give --steps, and do not vary it")
        if name not in known:
            raise TypeError(unknown_name("keyword", name, known))
        if name != "seed" and name in train:
            raise ValueError(f"{name} is given and varied; leave out one of the two")
        space[name] = parse_dimension(name, values, hints[name])
    return space


def _check_values(run: Run, space: Mapping[str, Dimension]) -> None:
    """Build the game and draw a batch with each choice and each end of a range.

    Raises ValueError for a value that the preset refuses; running out of memory is let through.
    """
    run.check()
    preset = find_preset(run.config.preset)
    for name, dimension in space.items():
        for value in dimension.values_to_check:
            keywords = run.config.keywords | {name: value}
            trial = Run(run.folder, replace(run.config, keywords=keywords))
            trial.dataset, trial.trusted = run.dataset, run.trusted
            try:
                check_bounds({name: value}, preset.bounds)
                if name != "seed":
                    trial.check()
            except (MemoryError, RuntimeError):
                continue  # the trial itself will record that
            except (ValueError, TypeError) as error:
                raise ValueError(f"--vary {name}: {value} cannot be: {error}") from None


def _resolve_metric(run: Run, config: SweepConfig, metric: str) -> SweepConfig:
    """The configuration with the metric's name, and whether lower or higher is better.

    Raises ValueError for a metric that such data does not have, or that counts copies of training
    examples: against training data it would be best for a game that memorizes.
    """
    game = run.recipe().game.requires_grad_(False).eval().to(distributed.init())
    own = in_python_file(metric)
    only = [metric] if own else None
    numbers = select.measure_on_training(game, run.dataset, run.config.seed, n=SAMPLES, only=only)
    if metric not in numbers:
        raise ValueError(unknown_name("metric", metric, numbers))
    number = numbers[metric]
    if number.protocol.reference == "whole training set":
        raise ValueError(
            f"{metric} compares samples with the training set, which a sweep selects on: choose "
            "another --metric"
        )
    named = f"distance of {number.name} to the data's" if number.better == "near" else number.name
    better = "higher" if number.better == "higher" else "lower"
    if own:
        code = config.code | {"metric": fingerprints(metric)}
        config = replace(config, metric=located(metric), code=code)
    return replace(config, metric_name=named, better=better)


def _to_json(train: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that all trials share, as JSON values; those left at None are dropped."""
    known = (*OPENING, *PLAYING)
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in train.items()
        if value is not None or name not in known
    }

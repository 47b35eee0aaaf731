"""The score of a state of a run; the state with the best score is kept as `best`.

It is taken against training data, so that choosing by it leaves the held-out data untouched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor

from gansmith.core.protocols import ConditionalSampler, Samples
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.spread import spread_rows, with_held_out
from gansmith.evaluation.adherence import NOTHING, Adherence, adherence_of
from gansmith.evaluation.classify import SCORE_NAME as CLASSIFIER_SCORE
from gansmith.evaluation.classify import classifier_score
from gansmith.evaluation.evaluate import available, check_keys, measure
from gansmith.evaluation.own import Metric, is_own, measure_own
from gansmith.metrics import Measured
from gansmith.modalities import domains, modality_of
from gansmith.sampling.generate import generate

COUNT = 1000


def score(game: Any, dataset: Dataset, seed: int, metrics: Sequence[str] = ()) -> dict[str, Any]:
    """The metric's name and its value on about a thousand samples; lower is better.

    game: in evaluation mode. The data's modality has a score of its own; samples of a conditional
    game are scored together with their conditions (`ADHERENCE`), so that obeying counts.
    metrics: keys of `evaluate` instead, of which the first is the score; with its direction.
    """
    if metrics:
        return _chosen(game, dataset, seed, metrics)
    modality, name = modality_of(dataset.spec), score_name(game, dataset)
    if not dataset.domains and not isinstance(game, Samples | ConditionalSampler):
        return {"metric": name, "value": classifier_score(game, dataset, COUNT)}
    rows = training_rows(dataset, modality.score_count)
    if dataset.domains:
        return {"metric": name, "value": domains.score(game, rows, modality)}
    samples = generate(game, rows, len(rows.train[modality.field]), Rng(seed, 0, 2), "train")
    scored = _adherence(game, dataset).score or modality.score
    return {"metric": name, "value": scored(samples, rows)}


def score_name(game: Any, dataset: Dataset) -> str:
    """What `score` measures."""
    name = modality_of(dataset.spec).score_name
    if dataset.domains:
        return f"{name}, mean over directions"
    if not isinstance(game, Samples | ConditionalSampler):
        return CLASSIFIER_SCORE
    return _adherence(game, dataset).score_name or name


def _adherence(game: Any, dataset: Dataset) -> Adherence:
    """How samples obey their conditions, where training examples have some: see `ADHERENCE`."""
    condition = dataset.spec.conditioned_on
    if condition is None or not isinstance(game, ConditionalSampler):
        return NOTHING
    known = condition.field in dataset.train or dataset.degrade is not None
    return adherence_of(dataset) if known else NOTHING


def training_rows(dataset: Dataset, count: int) -> Dataset:
    """The data set with `count` of its training examples: the same for conditions and reference.

    They are spread over the whole set, which may be sorted, in proportion to its classes.
    """
    known = _ROWS.setdefault(dataset, {})
    if count not in known:
        rows = spread_rows(dataset.train, count)
        train = {name: values[rows] for name, values in dataset.train.items()}
        spec = replace(dataset.spec, train=len(rows))
        parts = {name: training_rows(part, count) for name, part in dataset.domains.items()}
        known[count] = replace(dataset, spec=spec, train=train, domains=parts, file=None)
    return known[count]


_ROWS: WeakKeyDictionary[Dataset, dict[int, Dataset]] = WeakKeyDictionary()


def is_better(new: dict[str, Any], old: dict[str, Any] | None) -> bool:
    """Whether one score is better than another, or the first there is."""
    if old is None:
        return True
    if new.get("better") == "higher":
        return bool(new["value"] > old["value"])
    return bool(new["value"] < old["value"])


def best_score(scores: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The best of a run's scores, step 0 and what is not finite left aside; None without one."""
    best = None
    for score in scores:
        if score["step"] and math.isfinite(score["value"]) and is_better(score, best):
            best = score
    return best


def check_metrics(metrics: Sequence[str], dataset: Dataset, game: Any) -> None:
    """Try functions of one's own on real examples.

    Raises ValueError when a game on such data has no such metric, one fails, or the first is no
    score; TypeError for what is no name.
    """
    if not metrics:
        return
    if not all(isinstance(name, str) for name in metrics):
        raise TypeError(
            "a run keeps the names of its metrics: give a function of your own as my_file.py:mine "
            "(run.evaluate(metrics=[...]) takes the function itself)"
        )
    own, rows = [name for name in metrics if is_own(name)], _as_held_out(dataset)
    known = available(rows, game, own)
    check_keys(metrics, known)
    part = next(iter(rows.domains.values()), rows)
    measure_own(own, part.held_out[modality_of(part.spec).field], part, 0)
    if known[metrics[0]] == "near":
        best = [name for name, better in known.items() if better != "near"]
        raise ValueError(
            f"{metrics[0]} is best near its value for real data, so it cannot choose the best "
            f"state: name one of {', '.join(best)} first"
        )


def measure_on_training(
    game: Any,
    dataset: Dataset,
    seed: int,
    *,
    n: int | None = None,
    only: Sequence[str | Metric] | None = None,
) -> dict[str, Measured]:
    """The numbers of `evaluate` against training examples: the held-out data are not read.

    game: in evaluation mode. n: samples; a thousand by default. only: the keys that are wanted.
    """
    return measure(game, _as_held_out(dataset), n or COUNT, seed, only=only)


def _chosen(game: Any, dataset: Dataset, seed: int, metrics: Sequence[str]) -> dict[str, Any]:
    found = measure_on_training(game, dataset, seed, only=metrics)
    first = found[metrics[0]]
    return {
        "metric": first.name,
        "value": first.value,
        "better": first.better,
        "numbers": {name: found[name].value for name in metrics},
    }


def _as_held_out(dataset: Dataset) -> Dataset:
    """The data set with some of its training examples in the place of the held-out ones."""
    if dataset.domains:
        parts = {name: _as_held_out(part) for name, part in dataset.domains.items()}
        spec = replace(dataset.spec, paired=False)  # training examples of two domains are no pairs
        return with_held_out(replace(dataset, spec=spec), parts)
    held_out: dict[str, Tensor] = dict(training_rows(dataset, COUNT).train)
    if dataset.degrade is not None:
        held_out["condition"] = dataset.conditions(held_out, len(held_out["real"]))
    count = min(len(rows) for rows in held_out.values())
    return replace(dataset, spec=replace(dataset.spec, held_out=count), held_out=held_out)

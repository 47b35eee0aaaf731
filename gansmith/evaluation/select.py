"""The score of a state of a run; the state with the best score is kept as `best`.

It is taken against training data, so that choosing by it leaves the held-out data untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from gansmith.core.protocols import ConditionalSampler, Samples
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.evaluation.adherence import adherence_of
from gansmith.evaluation.classify import SCORE_NAME, classifier_score
from gansmith.evaluation.evaluate import available, check_keys, measure
from gansmith.metrics import Measured
from gansmith.modalities import domains, modality_of
from gansmith.sampling.generate import generate

COUNT = 1000


def score(game: Any, dataset: Dataset, seed: int, metrics: Sequence[str] = ()) -> dict[str, Any]:
    """The metric's name and its value on about a thousand samples; lower is better.

    game: in evaluation mode. The data's modality has a score of its own; where there is one true
    output for a condition, the score is the distance to that.
    metrics: keys of `evaluate` instead, of which the first is the score; with its direction.
    """
    if metrics:
        return _chosen(game, dataset, seed, metrics)
    modality = modality_of(dataset.spec)
    if dataset.domains:
        return {"metric": score_name(dataset), "value": domains.score(game, dataset, modality)}
    if not isinstance(game, Samples | ConditionalSampler):
        return {"metric": SCORE_NAME, "value": classifier_score(game, dataset, COUNT)}
    rows = training_rows(dataset, modality.score_count)
    samples = generate(game, rows, len(rows.train[modality.field]), Rng(seed, 0, 2), "train")
    scored = adherence_of(dataset).score or modality.score
    return {"metric": score_name(dataset), "value": scored(samples, rows)}


def score_name(dataset: Dataset) -> str:
    """What `score` measures."""
    name = adherence_of(dataset).score_name or modality_of(dataset.spec).score_name
    return f"{name}, mean over directions" if dataset.domains else name


def training_rows(dataset: Dataset, count: int) -> Dataset:
    """The data set with `count` of its training examples: the same for conditions and reference.

    They are spread over the whole set, which may be sorted, in proportion to its classes.
    """
    known = _ROWS.setdefault(dataset, {})
    if count not in known:
        size = min(len(rows) for rows in dataset.train.values())
        order = Rng(0, 0x5C0E).permutation(size)
        if "label" in dataset.train:
            order = order[dataset.train["label"][order].argsort(stable=True)]
        places = order[torch.linspace(0, size - 1, min(count, size)).round().long()]
        train = {name: rows[places] for name, rows in dataset.train.items()}
        spec = replace(dataset.spec, train=len(places))
        known[count] = replace(dataset, spec=spec, train=train, file=None)
    return known[count]


_ROWS: WeakKeyDictionary[Dataset, dict[int, Dataset]] = WeakKeyDictionary()


def is_better(new: dict[str, Any], old: dict[str, Any] | None) -> bool:
    """Whether one score is better than another, or the first there is."""
    if old is None:
        return True
    if new.get("better") == "higher":
        return bool(new["value"] > old["value"])
    return bool(new["value"] < old["value"])


def check_metrics(metrics: Sequence[str], dataset: Dataset, game: Any) -> None:
    """Raises ValueError when a game on such data has no such metric, or the first is no score."""
    if not metrics:
        return
    known = available(_as_held_out(dataset), game)
    check_keys(metrics, known)
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
    only: Sequence[str] | None = None,
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
        return replace(dataset, domains=parts, spec=replace(dataset.spec, paired=False))
    held_out: dict[str, Tensor] = dict(training_rows(dataset, COUNT).train)
    if dataset.degrade is not None:
        held_out["condition"] = dataset.conditions(held_out, len(held_out["real"]))
    count = min(len(rows) for rows in held_out.values())
    return replace(dataset, spec=replace(dataset.spec, held_out=count), held_out=held_out)

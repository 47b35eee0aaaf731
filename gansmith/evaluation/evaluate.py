"""All numbers of a game against held-out data, each with how it was computed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from gansmith.core.protocols import Classifies, ConditionalSampler, Samples
from gansmith.core.rng import RowRng
from gansmith.core.suggest import unknown_name
from gansmith.data import Dataset
from gansmith.data.spread import spread_held_out
from gansmith.evaluation.adherence import adherence_of, condition_adherence
from gansmith.evaluation.classify import KEYS, classifier_metrics, labelled_rows
from gansmith.evaluation.own import Metric, find_metric, is_own, key_of, measure_own
from gansmith.metrics import Better, Features, Measured
from gansmith.modalities import domains, modality_of
from gansmith.sampling.generate import generate

COUNT = 4000
LIMIT = 10_000  # samples that are held at one time
FEWEST = 4  # held out, so that one half of them can be measured against the other


@torch.no_grad()
def measure(
    game: Any,
    dataset: Dataset,
    n: int = COUNT,
    seed: int = 0,
    features: Features | None = None,
    only: str | Collection[str | Metric] | None = None,
    own: Collection[str | Metric] = (),
) -> dict[str, Measured]:
    """The numbers of a game in evaluation mode, by key.

    The data's modality says which; with several domains they are taken for every direction of
    translation. A conditional game is also measured by how it obeys its conditions.
    features: of images; the data's judge by default. only: the keys that are wanted, a list or a
    text with commas, functions of one's own among them (see `measure_own`); nothing else is
    computed. own: such functions besides all keys. With several domains theirs are means over the
    directions.
    Raises ValueError for n below 1, for a key that there is not, or when too little is held out.
    """
    if n < 1:
        raise ValueError(f"at least one sample is measured; got -n {n}")
    _check(dataset)
    keys, own = _parted(only, own)
    if own and not (dataset.domains or isinstance(game, Samples | ConditionalSampler)):
        raise ValueError(f"{key_of(own[0])} measures samples, and {type(game).__name__} makes none")
    if only is not None and features is None:  # other features have other keys
        check_keys(keys or (), available(dataset, game))
    modality = modality_of(dataset.spec)
    n = min(n, dataset.spec.held_out, LIMIT)  # as many generated as real examples are compared
    dataset = spread_held_out(dataset, n, seed)  # the conditions, and what is compared with
    if dataset.domains:
        found = domains.measure(game, dataset, modality, features=features, only=keys, seed=seed)
        if own:
            found |= domains.mean(game, dataset, modality, partial(measure_own, own, seed=seed))
        return _with_data(found, dataset)
    found = {}
    if isinstance(game, Classifies) and labelled_rows(dataset):
        found = _with_data(classifier_metrics(game, dataset, n, keys), dataset)
    if not isinstance(game, Samples | ConditionalSampler):
        return found
    samples = None
    alone, obeys = _shares(dataset, keys)
    if alone is None or alone or own:
        samples = generate(game, dataset, n, RowRng(seed, 1, 1, rows=range(n)))
        found = measure_samples(samples, dataset, seed, features, alone, own) | found
    if isinstance(game, ConditionalSampler) and (obeys is None or obeys):
        samples = (
            generate(game, dataset, n, RowRng(seed, 1, 1, rows=range(n)))
            if samples is None
            else samples
        )
        found |= _with_data(condition_adherence(samples, dataset, obeys), dataset)
    return found


def _parted(
    only: str | Collection[str | Metric] | None, own: Collection[str | Metric]
) -> tuple[list[str] | None, list[str | Metric]]:
    """The keys of the package that are wanted, None for all, and the functions of one's own."""
    if only is None:
        return None, list(own)
    only = only.split(",") if isinstance(only, str) else only
    keys = [metric for metric in only if isinstance(metric, str) and not is_own(metric)]
    return keys, [*own, *filter(is_own, only)]


def _shares(
    dataset: Dataset, only: Collection[str] | None
) -> tuple[Collection[str] | None, Collection[str] | None]:
    """The wanted keys of samples alone, and those of their conditions."""
    if only is None:
        return None, None
    obeys = set(only) & set(adherence_of(dataset).keys(dataset))
    return set(only) - obeys - set(KEYS), obeys


def measure_samples(
    samples: Tensor,
    dataset: Dataset,
    seed: int = 0,
    features: Features | None = None,
    only: str | Collection[str | Metric] | None = None,
    own: Collection[str | Metric] = (),
) -> dict[str, Measured]:
    """The numbers of samples, however they were generated, against held-out data.

    features, only, own: as in `measure`.
    samples: images (N, C, H, W), uint8 or in [-1, 1]; points (N, d); waveforms or tokens (N, T); or
        labels (N, L) in [0, 1] of the first N held-out images.
    Raises ValueError when they are not of the data's kind, or too little is held out.
    """
    _check(dataset)
    keys, own = _parted(only, own)
    found: dict[str, Measured] = {}
    if keys is None or keys:
        found = modality_of(dataset.spec).measure(
            samples, dataset, features=features, only=keys, seed=seed
        )
    return _with_data(found | measure_own(own, samples, dataset, seed), dataset)


def available(dataset: Dataset, game: Any, own: Collection[str | Metric] = ()) -> dict[str, Better]:
    """The keys that `measure` can give for a game and such data, and which direction is better.

    own: functions of one's own, which are among them where there are samples.
    """
    modality = modality_of(dataset.spec)
    found: dict[str, Better] = {}
    if dataset.domains or isinstance(game, Samples | ConditionalSampler):
        found |= {key_of(metric): find_metric(metric)[1] for metric in own}
    if dataset.domains:
        return domains.available(dataset, modality) | found
    if isinstance(game, Samples | ConditionalSampler):
        found |= modality.available(dataset)
    if isinstance(game, ConditionalSampler):
        found |= adherence_of(dataset).keys(dataset)
    if isinstance(game, Classifies) and labelled_rows(dataset):
        found |= KEYS
    return found


def check_keys(keys: Collection[str], known: Collection[str]) -> None:
    """Raises ValueError for a key that there is not, naming the nearest."""
    for key in keys:
        if key not in known:
            raise ValueError(unknown_name("metric", key, known))


def _check(dataset: Dataset) -> None:
    spec = dataset.spec
    if spec.held_out < FEWEST:
        raise ValueError(
            f"{spec.name} has {spec.held_out} held-out examples, and a run is measured against "
            f"{FEWEST} at least: bring more data, or train with a larger --val"
        )


def _with_data(found: dict[str, Measured], dataset: Dataset) -> dict[str, Measured]:
    """The numbers, whose protocols say against which data they are."""
    data = f"{dataset.spec.name} ({dataset.spec.fingerprint})"
    return {
        key: replace(number, protocol=replace(number.protocol, data=data))
        for key, number in found.items()
    }

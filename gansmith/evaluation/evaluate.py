"""All numbers of a game against held-out data, each with how it was computed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gansmith.core.protocols import Classifies, ConditionalSampler, Samples
from gansmith.core.rng import Rng
from gansmith.core.suggest import unknown_name
from gansmith.data import Dataset
from gansmith.data.spread import spread_held_out
from gansmith.evaluation.adherence import adherence_of, condition_adherence
from gansmith.evaluation.classify import KEYS, classifier_metrics, labelled_rows
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
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """The numbers of a game in evaluation mode, by key.

    The data's modality says which; with several domains they are taken for every direction of
    translation. A conditional game is also measured by how it obeys its conditions.
    features: of images; the data's judge by default. only: the keys that are wanted; nothing else
    is computed.
    Raises ValueError for n below 1, for a key that there is not, or when too little is held out.
    """
    if n < 1:
        raise ValueError(f"at least one sample is measured; got -n {n}")
    _check(dataset)
    if only is not None and features is None:  # other features have other keys
        check_keys(only, available(dataset, game))
    modality = modality_of(dataset.spec)
    n = min(n, dataset.spec.held_out, LIMIT)  # as many generated as real examples are compared
    dataset = spread_held_out(dataset, n, seed)  # the conditions, and what is compared with
    if dataset.domains:
        found = domains.measure(game, dataset, modality, features=features, only=only, seed=seed)
        return _with_data(found, dataset)
    found = {}
    if isinstance(game, Classifies) and labelled_rows(dataset):
        found = _with_data(classifier_metrics(game, dataset, n, only), dataset)
    if not isinstance(game, Samples | ConditionalSampler):
        return found
    samples = None
    own, obeys = _shares(dataset, only)
    if own is None or own:
        samples = generate(game, dataset, n, Rng(seed, 1, 1))
        found = measure_samples(samples, dataset, seed, features, own) | found
    if isinstance(game, ConditionalSampler) and (obeys is None or obeys):
        samples = generate(game, dataset, n, Rng(seed, 1, 1)) if samples is None else samples
        found |= _with_data(condition_adherence(samples, dataset, obeys), dataset)
    return found


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
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """The numbers of samples, however they were generated, against held-out data.

    samples: images (N, C, H, W), uint8 or in [-1, 1]; points (N, d); waveforms or tokens (N, T); or
        labels (N, L) in [0, 1] of the first N held-out images.
    Raises ValueError when they are not of the data's kind, or too little is held out.
    """
    _check(dataset)
    found = modality_of(dataset.spec).measure(
        samples, dataset, features=features, only=only, seed=seed
    )
    return _with_data(found, dataset)


def available(dataset: Dataset, game: Any) -> dict[str, Better]:
    """The keys that `measure` can give for a game and such data, and which direction is better."""
    modality = modality_of(dataset.spec)
    if dataset.domains:
        return domains.available(dataset, modality)
    found: dict[str, Better] = {}
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

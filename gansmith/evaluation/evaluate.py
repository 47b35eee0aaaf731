"""All numbers of a game against a held-out split, each with how it was computed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gansmith.core.game import Answers
from gansmith.core.rng import Rng
from gansmith.data import Dataset, accepts, modes
from gansmith.evaluation.adherence import to_the_point
from gansmith.evaluation.select import fed, judge_of
from gansmith.metrics import (
    Better,
    Features,
    Measured,
    Protocol,
    evaluate_images,
    evaluate_labels,
    evaluate_points,
    evaluate_sounds,
    evaluate_text,
)
from gansmith.modalities.sheets import to_uint8
from gansmith.sampling.prompts import made

COUNT = 4000
LIMIT = 10_000  # samples that are held at one time
FEW = 20  # examples that show which numbers there are
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
    """The numbers of a game in evaluation mode, by name.

    Pictures: see `evaluate_images`. Points: energy and sliced Wasserstein distance, modes where
    they are known. Text: n-gram divergences, variety, copies, grammar where it is known. Sounds:
    spectra, and distances to the clean ones. Labels: F1, sets that are exact, sets that never
    occur. Translation: pictures' numbers for each way, and the distance to the true pair where
    there is one.
    features: of pictures; the judge of the data by default. only: the numbers wanted.
    Raises ValueError for n below 1, or when too little data is held out.
    """
    if n < 1:
        raise ValueError(f"at least one sample is measured; got -n {n}")
    if dataset.spec.kind == "unpaired":
        _enough(dataset)
        return _about(_ways(game, dataset, seed, features), dataset)
    n = min(n, dataset.spec.held, LIMIT)  # equally many of each kind are compared
    samples = made(game, dataset, n, Rng(seed, 1, 1))
    found = measure_samples(samples, dataset, seed, features, only)
    if isinstance(game, Answers):
        found |= _about(to_the_point(samples, dataset, game.asked), dataset)
    return found


def measure_samples(
    samples: Tensor,
    dataset: Dataset,
    seed: int = 0,
    features: Features | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """The numbers of samples, however they were made, against a held-out split.

    samples: pictures (N, C, H, W), uint8 or in [-1, 1]; points (N, d); sounds or tokens (N, T); or
        labels (N, L) in [0, 1] of the first N held-out pictures.
    Raises ValueError when they are not of the data's kind, or too little is held out.
    """
    spec, held, train = dataset.spec, dataset.held, dataset.train
    _enough(dataset)
    if spec.kind == "image":
        judge = features or judge_of(spec.name, spec.channels)
        found = evaluate_images(samples, held["real"], train["real"], judge, seed=seed, only=only)
    elif spec.kind == "labels":
        found = evaluate_labels(samples, held["real"][: len(samples)], train["real"])
    elif spec.kind == "points":
        known, std = modes(spec.name) or (None, None)
        found = evaluate_points(
            samples, held["real"], train["real"], modes=known, std=std, seed=seed
        )
    elif spec.kind == "sound":
        found = evaluate_sounds(samples, held["real"], train["real"], spec.rate)
    else:
        knows = accepts(spec.name)
        found = evaluate_text(samples, held["tokens"], train["tokens"], accepts=knows, seed=seed)
    return _about(found, dataset)


def available(dataset: Dataset) -> dict[str, Better]:
    """The numbers that there are for such data, by key, and what is better of each."""
    spec = dataset.spec
    if spec.kind == "unpaired":
        few = {side: dataset.train[side][:FEW] for side in ("a", "b")}
        judge = judge_of(spec.name, spec.channels)
        of = evaluate_images(few["a"], few["b"], few["b"], judge)
        return {f"{key}_{way}": of[key].better for key in of for way in ("ab", "ba")}
    rows = {name: part[:FEW] for name, part in dataset.train.items()}
    small = replace(dataset, spec=replace(spec, held=FEW), train=rows, held=rows)
    samples = rows["tokens" if spec.kind == "text" else "real"]
    return {key: number.better for key, number in measure_samples(samples, small).items()}


def _enough(dataset: Dataset) -> None:
    spec = dataset.spec
    if spec.held < FEWEST:
        raise ValueError(
            f"{spec.name} has {spec.held} held-out examples, and a run is measured against "
            f"{FEWEST} at least: bring more data, or train with a larger --val"
        )


def _about(found: dict[str, Measured], dataset: Dataset) -> dict[str, Measured]:
    data = f"{dataset.spec.name} ({dataset.spec.fingerprint})"
    return {
        key: replace(number, protocol=replace(number.protocol, data=data))
        for key, number in found.items()
    }


def _ways(game: Any, dataset: Dataset, seed: int, features: Features | None) -> dict[str, Measured]:
    judge = features or judge_of(dataset.spec.name, dataset.spec.channels)
    found: dict[str, Measured] = {}
    for side, other in (("a", "b"), ("b", "a")):
        given, true = dataset.held[side], dataset.held[other]
        fake = game.translate(fed(given, game), to=other)
        numbers = evaluate_images(fake, true, dataset.train[other], judge, seed=seed)
        if dataset.spec.paired:
            numbers |= _to_pairs(given, to_uint8(fake), true)
        for key, number in numbers.items():
            name = f"{number.name}, {side} to {other}"
            found[f"{key}_{side}{other}"] = replace(number, name=name)
    return found


def _to_pairs(given: Tensor, fake: Tensor, true: Tensor) -> dict[str, Measured]:
    """Mean distance to the true pictures, of the translations and, to compare, of the input."""
    protocol = Protocol(
        "pixels in [0, 1]", "true pairs", {"generated": len(fake), "held": len(true)}
    )
    distances = {
        name: float((x.float() - true.float()).abs().mean() / 255)
        for name, x in (("L1 to pair", fake), ("L1 of input to pair", given))
    }
    return {
        name.lower().replace(" ", "_"): Measured(name, value, "lower", protocol)
        for name, value in distances.items()
    }

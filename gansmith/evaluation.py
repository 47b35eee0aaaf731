"""All numbers of a game against a held-out split, each with how it was computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gansmith.data import Dataset, accepts, modes
from gansmith.metrics import Measured, Protocol, evaluate_images, evaluate_points, evaluate_text
from gansmith.rng import Rng
from gansmith.scoring import fed, judge_of
from gansmith.showing import to_uint8

COUNT = 4000
FEWEST = 4  # held out, so that one half of them can be measured against the other


@torch.no_grad()
def measure(game: Any, dataset: Dataset, n: int = COUNT, seed: int = 0) -> dict[str, Measured]:
    """The numbers of a game in evaluation mode, by name.

    Pictures: cFID with the real-against-real floor, cIS, precision and recall, sharpness.
    Points: energy and sliced Wasserstein distance, modes where they are known. Text: n-gram
    divergences, variety, copies, grammar where it is known. Translation: pictures' numbers for
    each way, and the distance to the true pair where there is one.
    Raises ValueError for n below 1, or when too little data is held out.
    """
    spec, held, train = dataset.spec, dataset.held, dataset.train
    if n < 1:
        raise ValueError(f"at least one sample is measured; got -n {n}")
    if spec.held < FEWEST:
        raise ValueError(
            f"{spec.name} has {spec.held} held-out examples, and a run is measured against "
            f"{FEWEST} at least: bring more data, or train with a larger --val"
        )
    if spec.kind == "unpaired":
        return _ways(game, dataset, seed)
    samples = game.sample(n, Rng(seed, 1, 1)).cpu()
    if spec.kind == "image":
        judge = judge_of(spec.name, spec.channels)
        return evaluate_images(samples, held["real"], train["real"], judge, seed=seed)
    if spec.kind == "points":
        known, std = modes(spec.name) or (None, None)
        return evaluate_points(
            samples, held["real"], train["real"], modes=known, std=std, seed=seed
        )
    knows = accepts(spec.name)
    return evaluate_text(samples, held["tokens"], train["tokens"], accepts=knows, seed=seed)


def _ways(game: Any, dataset: Dataset, seed: int) -> dict[str, Measured]:
    judge = judge_of(dataset.spec.name, dataset.spec.channels)
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

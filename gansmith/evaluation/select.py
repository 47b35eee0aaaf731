"""What a game is scored by while it is played; the state with the best score is kept as `best`.

It is taken against training data, so that choosing by it leaves the held-out split untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from gansmith.core.rng import Rng
from gansmith.core.suggest import unknown
from gansmith.data import Dataset
from gansmith.data.transforms.degrade import split_name
from gansmith.metrics import (
    Gaussian,
    Judge,
    image_reference,
    judge_for,
    micro_f1,
    quick_images,
    quick_score,
)
from gansmith.metrics.sound_report import average_spectrum, spectral_gap
from gansmith.metrics.speech import log_spectral_distance
from gansmith.sampling.prompts import made

COUNT = 1000
SOUNDS = 100  # a sound is much longer than a picture is large
NAMES = {
    "image": "cFID (quick)",
    "points": "energy distance",
    "text": "JSD-2",
    "sound": "log-spectral distance, dB",
    "unpaired": "cFID (quick, mean of both ways)",
    "labels": "1 - F1",
}


@lru_cache(maxsize=4)
def judge_of(name: str, channels: int) -> Judge:
    """The judge of a data set by its name; `grey:emoji:noto` is judged as `emoji` is."""
    base = split_name(name)[1].split(":")[0]
    return judge_for("fashion" if base == "fashion-mnist" else base, channels)


def score(game: Any, dataset: Dataset, seed: int, metrics: Sequence[str] = ()) -> dict[str, Any]:
    """The metric's name and its value on about a thousand samples; lower is better.

    game: in evaluation mode. Pictures: cFID; points: energy distance; text: divergence of
    2-grams; sounds: of a hundred, the distance to the clean one, or that of the average spectra
    where nothing is asked; translation: cFID of what arrives, mean of the two ways; labels: 1 - F1.
    metrics: keys of `evaluate` instead, of which the first is the score; with its direction.
    """
    if metrics:
        return _chosen(game, dataset, seed, metrics)
    kind = dataset.spec.kind
    name = {"metric": NAMES[kind]}
    if kind == "unpaired":
        ways = [_arrivals(game, dataset, a, b) for a, b in (("a", "b"), ("b", "a"))]
        return name | {"value": sum(ways) / len(ways)}
    count = SOUNDS if kind == "sound" else COUNT
    samples = made(game, dataset, count, Rng(seed, 0, 2), "train")
    if kind == "sound":
        return name | {"value": _sounds(samples, dataset)}
    if kind == "labels":
        true = dataset.train["real"][torch.arange(COUNT) % dataset.spec.train]
        return name | {"value": 1 - micro_f1(samples > 0.5, true > 0.5)}
    if kind == "text":
        return name | {"value": quick_score("text", samples, dataset.train["tokens"], limit=COUNT)}
    if kind == "image":
        return name | {"value": quick_images(samples, *_reference(dataset, "real", COUNT))}
    return name | {"value": quick_score("points", samples, dataset.train["real"], limit=COUNT)}


def _sounds(samples: Tensor, dataset: Dataset) -> float:
    spec, n = dataset.spec, len(samples)
    train = {key: rows[torch.arange(n) % len(rows)] for key, rows in dataset.train.items()}
    if spec.condition is None:
        spectra = (average_spectrum(x, spec.rate) for x in (samples, train["real"]))
        return spectral_gap(*spectra)
    return float(
        log_spectral_distance(samples, train["real"], spec.rate, train.get("lengths")).mean()
    )


def beats(new: dict[str, Any], old: dict[str, Any] | None) -> bool:
    """Whether one score is better than another, or the first there is."""
    if old is None:
        return True
    if new.get("better") == "higher":
        return bool(new["value"] > old["value"])
    return bool(new["value"] < old["value"])


def check_metrics(metrics: Sequence[str], dataset: Dataset) -> None:
    """Raises ValueError when one of them cannot be had of such data, or the first is no score."""
    from gansmith.evaluation.evaluate import available

    if not metrics:
        return
    known = available(dataset)
    for name in metrics:
        if name not in known:
            raise ValueError(unknown("metric", name, known))
    if known[metrics[0]] == "near":
        best = [name for name, better in known.items() if better != "near"]
        raise ValueError(
            f"{metrics[0]} is good near the real data's, so it cannot choose the best state: name "
            f"one of {', '.join(best)} first"
        )


def _chosen(game: Any, dataset: Dataset, seed: int, metrics: Sequence[str]) -> dict[str, Any]:
    from gansmith.evaluation.evaluate import measure

    found = measure(game, _trained(dataset), COUNT, seed, only=metrics)
    first = found[metrics[0]]
    return {
        "metric": first.name,
        "value": first.value,
        "better": first.better,
        "numbers": {name: found[name].value for name in metrics},
    }


def _trained(dataset: Dataset) -> Dataset:
    """The data set with some of its training examples in the place of the held-out ones."""
    held = {name: rows[:COUNT] for name, rows in dataset.train.items()}
    if dataset.degrade is not None:
        held["given"] = dataset.conditions(held, len(held["real"]))
    least = min(len(rows) for rows in held.values())
    return replace(dataset, spec=replace(dataset.spec, held=least), held=held)


def _arrivals(game: Any, dataset: Dataset, side: str, other: str) -> float:
    """cFID between translated pictures of one side and real ones of the other."""
    pictures = fed(dataset.train[side][: COUNT // 2], game)
    fake = game.translate(pictures, to=other).cpu()
    return quick_images(fake, *_reference(dataset, other, COUNT // 2))


@lru_cache(maxsize=4)
def _reference(dataset: Dataset, field: str, count: int) -> tuple[Gaussian, Judge]:
    """What the judge sees in training pictures, found once for a run; and the judge."""
    judge = judge_of(dataset.spec.name, dataset.spec.channels)
    return image_reference(dataset.train[field], judge, limit=count), judge


def fed(pictures: Tensor, game: Any) -> Tensor:
    """uint8 pictures as players are fed: float32 in [-1, 1], on the game's device."""
    device = next(game.parameters()).device
    return torch.as_tensor(pictures).to(device).float().div_(127.5).sub_(1)

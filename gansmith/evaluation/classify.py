"""How a game that classifies does on labelled examples."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor

from gansmith.data import Dataset, Fields
from gansmith.metrics import Better, Measured, Protocol
from gansmith.sampling.generate import to_model_input

KEYS: dict[str, Better] = {"classifier_accuracy": "higher", "classifier_nll": "lower"}
SCORE_NAME = "cross-entropy of the classes, nats"
PIECE = 1024


def classifier_metrics(
    game: Any, dataset: Dataset, n: int, only: Collection[str] | None = None
) -> dict[str, Measured]:
    """Accuracy and mean cross-entropy on the first n examples of `labelled_rows`."""
    if only is not None and not set(only) & set(KEYS):
        return {}
    rows = labelled_rows(dataset)
    right, nll = _on(game, rows["real"][:n], rows["label"][:n])
    protocol = Protocol("classes of the data", "held-out labels", {"held": len(right)})
    numbers = {
        "classifier_accuracy": ("classifier accuracy", float(right.double().mean())),
        "classifier_nll": ("classifier cross-entropy, nats", float(nll.double().mean())),
    }
    return {
        key: Measured(name, value, KEYS[key], protocol, None)
        for key, (name, value) in numbers.items()
        if only is None or key in only
    }


def labelled_rows(dataset: Dataset) -> Fields:
    """The held-out examples, or those that have kept their labels where these have none."""
    return dataset.held_out if "label" in dataset.held_out else dataset.labelled


def classifier_score(game: Any, dataset: Dataset, count: int) -> float:
    """Mean cross-entropy on training examples that are labelled; lower is better."""
    rows = dataset.labelled or dataset.train
    return float(_on(game, rows["real"][:count], rows["label"][:count])[1].double().mean())


def _on(game: Any, real: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Which examples are classified rightly, and the cross-entropy of each."""
    parts = [
        game.classify(to_model_input(x, game)).cpu() for x in torch.as_tensor(real).split(PIECE)
    ]
    p = torch.cat(parts)
    chosen = p.gather(1, label[:, None])[:, 0]
    return p.argmax(1) == label, -chosen.clamp(min=1e-12).log()

"""Numbers of predicted label sets: F1, exact matches, and sets that training does not have."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import torch
from torch import Tensor

from gansmith.core.arrays import Array
from gansmith.metrics.protocol import HELD_OUT, Better, Measured, Protocol, select_keys

LABELS: dict[str, tuple[str, Better]] = {
    "f1": ("F1, micro", "higher"),
    "f1_macro": ("F1, macro", "higher"),
    "exact": ("exact match", "higher"),
    "novel": ("sets that training does not have", "near"),
}


def f1_per_label(predicted: Tensor, true: Tensor) -> Tensor:
    """F1 of each label, 2 TP / (2 TP + FP + FN), float64 (L,); 1 for one that neither set has.

    predicted, true: bool (N, L).
    """
    hits = (predicted & true).sum(0).double()
    wrong = (predicted ^ true).sum(0).double()
    return torch.where(hits + wrong > 0, 2 * hits / (2 * hits + wrong).clamp(min=1), 1.0)


def micro_f1(predicted: Tensor, true: Tensor) -> float:
    """F1 of all labels counted together; predicted, true: bool (N, L)."""
    return float(f1_per_label(predicted.reshape(-1, 1), true.reshape(-1, 1)))


def novel_share(*, sets: Tensor, known: Tensor) -> float:
    """Share of label sets, bool (N, L), that are none of `known`, bool (M, L)."""
    rows = {row.tobytes() for row in known.numpy()}
    return sum(row.tobytes() not in rows for row in sets.numpy()) / len(sets)


def best_thresholds(probabilities: Tensor, true: Tensor) -> Tensor:
    """The threshold of each label (L,) with the largest F1 on these examples, exactly.

    probabilities: (N, L). true: bool (N, L). A label is predicted above its threshold, which lies
    half-way between two probabilities that occur.
    """
    p, order = probabilities.double().sort(0, descending=True)
    truth = true.gather(0, order).double()
    predicted = torch.arange(1, len(p) + 1, dtype=torch.float64)[:, None]
    scores = 2 * truth.cumsum(0) / (predicted + truth.sum(0))  # with the first 1, 2, ... predicted
    below = torch.cat([p[1:], torch.zeros_like(p[:1])])
    scores = scores.where(p > below, -1.0)  # equal probabilities stay together
    best = scores.argmax(0, keepdim=True)
    return ((p.gather(0, best) + below.gather(0, best)) / 2)[0]


def available_labels() -> dict[str, Better]:
    """The keys that `evaluate_labels` gives, each with its good direction; nothing is computed."""
    return {key: better for key, (_, better) in LABELS.items()}


def evaluate_labels(
    *, predicted: Array, held_out: Array, train: Array, only: Collection[str] | None = None
) -> dict[str, Measured]:
    """Micro and macro F1, exact match, and the share of sets that training does not have.

    predicted: probabilities (N, L) for the examples of `held_out` in their order; a label is
    predicted above 0.5. held_out, train: true labels (N, L) and (M, L), 0 or 1.
    only: keys of the numbers to compute; all by default.
    Raises ValueError unless there is one prediction for each true set, and for an unknown key.
    """
    found, true, known = (torch.as_tensor(x).cpu() > 0.5 for x in (predicted, held_out, train))
    if found.shape != true.shape:
        raise ValueError(
            f"every example has one set of labels: expected {tuple(true.shape)}, got "
            f"{tuple(found.shape)}"
        )
    wanted = select_keys(only, LABELS)
    base = Protocol(
        f"{true.shape[1]} labels, predicted above 0.5", HELD_OUT, {"labeled": len(true)}
    )
    numbers: dict[str, Callable[[], float]] = {
        "f1": lambda: micro_f1(found, true),
        "f1_macro": lambda: float(f1_per_label(found, true).mean()),
        "exact": lambda: float((found == true).all(1).double().mean()),
        "novel": lambda: novel_share(sets=found, known=known),
    }
    measured = {}
    for key, (name, better) in LABELS.items():
        if key in wanted:
            novel = key == "novel"
            protocol = replace(base, reference="whole training set") if novel else base
            real = novel_share(sets=true, known=known) if novel else None
            measured[key] = Measured(name, numbers[key](), better, protocol, real)
    return measured

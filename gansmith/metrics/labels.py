"""Numbers for label sets: how many labels and sets are right, and how many sets never occur."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from gansmith.metrics.arrays import Array
from gansmith.metrics.protocol import HELD, Better, Measured, Protocol


def f1(made: Tensor, true: Tensor) -> Tensor:
    """F1 of each label, 2 TP / (2 TP + FP + FN), float64 (L,); 1 where it neither is nor is said.

    made, true: bool (N, L).
    """
    hits = (made & true).sum(0).double()
    wrong = (made ^ true).sum(0).double()
    return torch.where(hits + wrong > 0, 2 * hits / (2 * hits + wrong).clamp(min=1), 1.0)


def micro_f1(made: Tensor, true: Tensor) -> float:
    """F1 of all labels counted together; made, true: bool (N, L)."""
    return float(f1(made.reshape(-1, 1), true.reshape(-1, 1)))


def unseen_share(sets: Tensor, known: Tensor) -> float:
    """Share of label sets, bool (N, L), that are none of `known`, bool (M, L)."""
    rows = {row.tobytes() for row in known.numpy()}
    return sum(row.tobytes() not in rows for row in sets.numpy()) / len(sets)


def best_thresholds(probabilities: Tensor, true: Tensor) -> Tensor:
    """For each label the threshold (L,) with the largest F1 on these examples, exactly.

    probabilities: (N, L). true: bool (N, L). A label is there above its threshold, which lies
    half-way between two probabilities that occur.
    """
    p, order = probabilities.double().sort(0, descending=True)
    truth = true.gather(0, order).double()
    said = torch.arange(1, len(p) + 1, dtype=torch.float64)[:, None]
    scores = 2 * truth.cumsum(0) / (said + truth.sum(0))  # when the first 1, 2, ... are taken
    below = torch.cat([p[1:], torch.zeros_like(p[:1])])
    scores = scores.where(p > below, -1.0)  # equal ones stay together
    best = scores.argmax(0, keepdim=True)
    return ((p.gather(0, best) + below.gather(0, best)) / 2)[0]


def evaluate_labels(made: Array, held: Array, train: Array) -> dict[str, Measured]:
    """Micro and macro F1, exact match, and the share of sets that training never shows.

    made: probabilities (N, L), there above a half, of the pictures of `held` in their order.
    held, train: true labels (N, L) and (M, L), 0 or 1.
    Raises ValueError when there is not one answer for each true set.
    """
    said, true, known = (torch.as_tensor(x).cpu() > 0.5 for x in (made, held, train))
    if said.shape != true.shape:
        raise ValueError(
            f"every picture has one set of labels: expected {tuple(true.shape)}, got "
            f"{tuple(said.shape)}"
        )
    base = Protocol(f"{true.shape[1]} labels, there above 0.5", HELD, {"labelled": len(said)})
    each = f1(said, true)
    exact = float((said == true).all(1).double().mean())
    numbers: dict[str, tuple[str, float, Better]] = {
        "f1": ("F1, micro", micro_f1(said, true), "higher"),
        "f1_macro": ("F1, macro", float(each.mean()), "higher"),
        "exact": ("sets that are exact", exact, "higher"),
    }
    found = {key: Measured(*number, base) for key, number in numbers.items()}
    alone = replace(base, reference="whole training set")
    shares = unseen_share(said, known), unseen_share(true, known)
    found["unseen"] = Measured("sets never seen in training", shares[0], "near", alone, shares[1])
    return found

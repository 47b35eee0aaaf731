"""Inception score: sharp for each picture, flat on average (arXiv:1606.03498, section 4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gansmith.core.rng import Rng


def class_score(probabilities: Tensor) -> float:
    """exp(mean over x of KL(p(y|x) || p(y))), with p(y) the mean over all given pictures.

    K equally frequent classes, each certain, give K; one class only gives 1. The published
    protocol averages the score of ten parts; here all pictures are one part, which has less
    bias. It looks at no real picture: one perfect picture per class also gives K.

    probabilities: (N, K), rows that sum to 1. Returns a number in [1, K].
    Raises ValueError for another shape or rows that are not distributions.
    """
    return math.exp(log_class_score(probabilities))


def class_scores(probabilities: Tensor, parts: int = 10, seed: int = 0) -> tuple[float, float]:
    """Mean and standard deviation of `class_score` over equal parts, as published.

    parts: the set is shuffled by the seed and cut; each part should hold thousands, since the score
    of few pictures is too low. Raises ValueError for fewer pictures than parts.
    """
    if not 1 <= parts <= len(probabilities):
        raise ValueError(f"{len(probabilities)} pictures cannot be cut into {parts} parts")
    order = Rng(seed).permutation(len(probabilities))
    found = torch.tensor([class_score(probabilities[part]) for part in order.chunk(parts)])
    return float(found.mean()), float(found.std(correction=0))


def log_class_score(probabilities: Tensor) -> float:
    """H(y) - H(y|x) in nats: entropy of the mean minus mean entropy, from 0 to log K.

    The score is its exponential; as a sum of two entropies it is often written without.
    """
    p = torch.as_tensor(probabilities).double()
    if p.ndim != 2 or len(p) == 0:
        raise ValueError(f"expected probabilities (N >= 1, K); got shape {tuple(p.shape)}")
    if not bool((p >= 0).all()) or not torch.allclose(p.sum(1), p.new_ones(len(p)), atol=1e-4):
        raise ValueError("rows must be >= 0 and sum to 1; pass logits.softmax(1), not logits")
    marginal = p.mean(0)
    divergence = (torch.xlogy(p, p) - torch.xlogy(p, marginal)).sum(1)
    return float(divergence.mean())

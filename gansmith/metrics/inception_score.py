"""Inception score: sharp for each image, flat on average (arXiv:1606.03498, section 4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gansmith.core.rng import Rng


def inception_score(probabilities: Tensor) -> float:
    """exp(mean over x of KL(p(y|x) || p(y))), with p(y) the mean over all images.

    K equally frequent classes, each certain, give K; a single class gives 1. The published
    protocol averages the score of ten parts; here all images are one part, which has less
    bias. No real image enters: one perfect image per class also gives K.

    probabilities: (N, K), rows that sum to 1. Returns a number in [1, K].
    Raises ValueError for another shape or rows that are not distributions.
    """
    return math.exp(log_inception_score(probabilities))


def inception_score_parts(
    probabilities: Tensor, parts: int = 10, seed: int = 0
) -> tuple[float, float]:
    """Mean and standard deviation of `inception_score` over parts, as published.

    parts: the set is shuffled by the seed and split into so many parts, whose sizes differ by one
    at most; each should hold thousands, since the score of few images is too low. Raises ValueError
    for fewer images than parts.
    """
    if not 1 <= parts <= len(probabilities):
        raise ValueError(f"{len(probabilities)} images cannot be split into {parts} parts")
    split = Rng(seed).permutation(len(probabilities)).tensor_split(parts)
    scores = [inception_score(probabilities[part]) for part in split]
    found = torch.tensor(scores, dtype=torch.float64)
    return float(found.mean()), float(found.std(correction=0))


def log_inception_score(probabilities: Tensor) -> float:
    """H(y) - H(y|x) in nats: entropy of the mean minus mean entropy, from 0 to log K.

    The inception score is its exponential.
    """
    p = torch.as_tensor(probabilities).double()
    if p.ndim != 2 or len(p) == 0:
        raise ValueError(f"expected probabilities (N >= 1, K); got shape {tuple(p.shape)}")
    if not bool((p >= 0).all()) or not torch.allclose(p.sum(1), p.new_ones(len(p)), atol=1e-4):
        raise ValueError("rows must be >= 0 and sum to 1; pass logits.softmax(1), not logits")
    marginal = p.mean(0)
    divergence = (torch.xlogy(p, p) - torch.xlogy(p, marginal)).sum(1)
    return float(divergence.mean())

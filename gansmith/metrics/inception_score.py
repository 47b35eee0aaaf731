"""Inception score: sharp for each picture, flat on average (arXiv:1606.03498, section 4)."""

from __future__ import annotations

import torch
from torch import Tensor


def class_score(probabilities: Tensor) -> float:
    """exp(mean over x of KL(p(y|x) || p(y))), with p(y) the mean over all given pictures.

    K equally frequent classes, each certain, give K; one class only gives 1. The published
    protocol averages the score of ten parts; here all pictures are one part, which has less
    bias. It looks at no real picture: one perfect picture per class also gives K.

    probabilities: (N, K), rows that sum to 1. Returns a number in [1, K].
    Raises ValueError for another shape or rows that are not distributions.
    """
    p = torch.as_tensor(probabilities).double()
    if p.ndim != 2 or len(p) == 0:
        raise ValueError(f"expected probabilities (N >= 1, K); got shape {tuple(p.shape)}")
    if not bool((p >= 0).all()) or not torch.allclose(p.sum(1), p.new_ones(len(p)), atol=1e-4):
        raise ValueError("rows must be >= 0 and sum to 1; pass logits.softmax(1), not logits")
    marginal = p.mean(0)
    divergence = (torch.xlogy(p, p) - torch.xlogy(p, marginal)).sum(1)
    return float(divergence.mean().exp())

"""Metrics of your own, for samples of any kind.

Use them with `gansmith evaluate RUN --metrics docs/examples/my_metric.py:spread`, and with
`gansmith train`, where the first of the metrics selects the best checkpoint.
"""

from __future__ import annotations

import torch
from torch import Tensor


def worst_direction(generated: Tensor, real: Tensor, directions: int = 64) -> float:
    """The largest Wasserstein-1 distance of the two along some random directions; lower is better.

    As in arXiv:1904.05877, with the best of random directions in the place of a search.
    """
    random = torch.Generator().manual_seed(0)
    x, y = generated.flatten(1).double(), real.flatten(1).double()
    along = torch.randn(x.shape[1], directions, generator=random, dtype=torch.float64)
    along /= along.norm(dim=0)
    distances = ((x @ along).sort(0).values - (y @ along).sort(0).values).abs().mean(0)
    return float(distances.max())


def spread(generated: Tensor, real: Tensor) -> float:
    """The mean distance of two samples; best near its value for real data."""
    return float(torch.pdist(generated[:1000].flatten(1).float()).mean())


spread.better = "near"  # "lower" without this line; or "higher"

"""Number of statistically different bins, NDB (arXiv:1805.12462, section 2).

k-means divides the training examples into bins. A bin is different when the shares of two sets in
it differ by more than chance: an interpretable count of modes that are dropped or too frequent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from scipy.stats import norm
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices, as_matrix
from gansmith.metrics.precision_recall import squared_distances


@dataclass(frozen=True)
class KMeansBins:
    """Centers (K, d), and the share of each bin among the `count` examples they were fitted to."""

    centers: Tensor
    shares: Tensor
    count: int

    def assign(self, x: Array, *, chunk: int = 4000) -> Tensor:
        """The bin of each of (N, d): (N,) int64."""
        points, centers = as_matrices(x, self.centers, "points")
        return torch.cat([squared_distances(p, centers).argmin(1) for p in points.split(chunk)])


@dataclass(frozen=True)
class NDBReport:
    """different: bins whose shares differ, of `bins`; dropped: indices of those that hold too few.

    shares, expected: of each bin, here and in the examples of the bins. z: the test statistic.
    jsd: Jensen-Shannon divergence of the shares, in nats.
    """

    different: int
    bins: int
    dropped: tuple[int, ...]
    shares: Tensor
    expected: Tensor
    z: Tensor
    jsd: float

    @property
    def ratio(self) -> float:
        """NDB / K; about the level of the test for two sets of one distribution."""
        return self.different / self.bins


def make_bins(x: Array, bins: int = 100, *, seed: int = 0, steps: int = 30) -> KMeansBins:
    """k-means on training examples or their features, (N, d). ValueError for N < bins."""
    points = as_matrix(x, "points", least=bins)
    middle = points.mean(0)  # SciPy expands the squares, which cancel far from the origin
    rng = np.random.default_rng(seed)
    found, _ = kmeans2((points - middle).numpy(), bins, iter=steps, minit="++", rng=rng)
    centers = middle + torch.from_numpy(found)
    # k-means labels the examples before it moves the centers for the last time
    counts = squared_distances(points, centers).argmin(1).bincount(minlength=bins).double()
    full = counts > 0  # k-means may leave a bin empty
    return KMeansBins(centers[full], counts[full] / len(points), len(points))


def ndb(x: Array, bins: KMeansBins, *, level: float = 0.05) -> NDBReport:
    """Compare (N, d) with the examples that the bins were fitted to: two-sample tests of shares.

    z = (p - q) / sqrt(s (1 - s) (1/n + 1/m)), s the share in both sets together.
    level: of each bin's two-sided test: the share of bins that differ by chance alone.
    """
    found = bins.assign(x)
    n, m = len(found), bins.count
    p = found.bincount(minlength=len(bins.shares)).double() / n
    q = bins.shares
    both = (n * p + m * q) / (n + m)
    z = (p - q) / (both * (1 - both) * (1 / n + 1 / m)).sqrt().clamp(min=1e-300)
    beyond = z.abs() > norm.ppf(1 - level / 2)
    mid = (p + q) / 2
    jsd = (torch.xlogy(p, p / mid) + torch.xlogy(q, q / mid)).sum() / 2
    dropped = tuple((beyond & (z < 0)).nonzero().flatten().tolist())
    return NDBReport(int(beyond.sum()), len(q), dropped, p, q, z, float(jsd))

"""Does a generator copy its training examples? Nearest neighbors, and an alarm with a known rate.

A copy is far nearer to one training example than to any other. A distance alone says little, since
typical samples are near to everything, so that of the nearest is divided by that of the second
nearest. Given the training set, these ratios are independent and of one distribution for held-out
examples and for samples that do not depend on single training examples: counting both below a
threshold is an exact test, whatever the counts (arXiv:2004.05675 compares the same three sets).

A shift by two pixels hides a copy from pixel distances (arXiv:1511.01844, section 4.3), so
neighbors are also searched for among shifted and mirrored images, and in features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from scipy.stats import hypergeom
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices
from gansmith.core.images import check_images, to_float
from gansmith.metrics.precision_recall import CANCELLED, squared_distances

MIN_HELD_OUT = 20  # held-out examples that the alarm is calibrated on
FALSE_ALARMS = 1e-3  # at most, among generators of exactly the data's distribution


@dataclass(frozen=True)
class NearestNeighbors:
    """Of each of N rows: distance to the nearest row of a reference (N,), index of that row (N,),
    and second, the distance to the second nearest (N,), inf where there is one row only."""

    distance: Tensor
    index: Tensor
    second: Tensor


@dataclass(frozen=True)
class MemorizationReport:
    """How near samples are to single training examples, compared with held-out examples.

    ratio: of the distances to the nearest and the second nearest training example, (N,).
    nearest: index of the nearest, (N,). copied: share of samples with a ratio at most `threshold`,
    which only the share `expected` of the held-out examples has.
    p: at least the probability of so many copies by chance; those of one training example count
    once.
    """

    ratio: Tensor
    nearest: Tensor
    copied: float
    expected: float
    p: float
    threshold: float

    @property
    def alarm(self) -> bool:
        """Significantly more copies than among held-out examples, by over 1 % of the samples.

        A generator of exactly the data's distribution raises it at most once in a thousand times,
        whatever the number of held-out examples: the fewer these are, the more copies it takes.
        """
        return self.p < FALSE_ALARMS and self.copied > self.expected + 0.01

    def suspects(self) -> Tensor:
        """Indices (k,) of the samples that count as copied, the smallest ratio first."""
        order = self.ratio.argsort()
        return order[self.ratio[order] <= self.threshold]


def nearest_neighbors(*, x: Array, reference: Array, chunk: int = 1000) -> NearestNeighbors:
    """The nearest of (M, d) for each of (N, d), by Euclidean distance; chunk: bounds the memory."""
    first, second = as_matrices(x, reference, "points")
    best, index = [], []
    for part in first.split(chunk):
        squared = F.pad(squared_distances(part, second), (0, 1), value=torch.inf)
        two = squared.topk(2, largest=False)
        best.append(two.values.sqrt())
        index.append(two.indices[:, 0])
    nearest, next_nearest = torch.cat(best).T
    return NearestNeighbors(nearest, torch.cat(index), next_nearest)


def nearest_shifted(
    *, x: Tensor, reference: Tensor, max_shift: int = 2, chunk: int = 500
) -> NearestNeighbors:
    """The nearest of reference images (M, C, H, W), each shifted by up to `max_shift` pixels both
    ways and mirrored, for each of (N, C, H, W), in the root mean square of pixels in [-1, 1].

    The centers of images are compared, `max_shift` pixels from the borders, so that no pixel has
    to be invented. Raises ValueError for images of other sizes, or too small for the shift.
    """
    if x.shape[1:] != reference.shape[1:]:
        raise ValueError(
            f"images of one shape are compared; got {tuple(x.shape[1:])} and "
            f"{tuple(reference.shape[1:])}"
        )
    height, width = x.shape[-2:]
    high, wide = height - 2 * max_shift, width - 2 * max_shift
    if max_shift < 0 or min(high, wide) < 1:
        raise ValueError(f"shifts of {max_shift} pixels leave nothing of {height}x{width} images")
    middle = to_float(check_images(x))[
        :, :, max_shift : max_shift + high, max_shift : max_shift + wide
    ].flatten(1)
    best, index = torch.full((len(x), 2), torch.inf), torch.zeros(len(x), 2, dtype=torch.int64)
    for start in range(0, len(reference), chunk):
        part = to_float(check_images(reference[start : start + chunk]))
        least = torch.full((len(x), len(part)), torch.inf)
        for image in (part, part.flip(3)):
            for dy in range(2 * max_shift + 1):
                for dx in range(2 * max_shift + 1):
                    moved = image[:, :, dy : dy + high, dx : dx + wide].flatten(1)
                    least = least.minimum(moved.square().sum(1) - 2 * middle @ moved.T)
        places = torch.arange(start, start + len(part)).expand(len(x), -1)
        best, taken = torch.cat([best, least], 1).topk(2, largest=False)
        index = torch.cat([index, places], 1).gather(1, taken)
    norms = middle.square().sum(1, keepdim=True)
    squared = best + norms
    squared = torch.where(squared > CANCELLED * norms, squared, 0)  # float32 leaves 1e-7 of a copy
    distance = (squared.double() / middle.shape[1]).sqrt()
    return NearestNeighbors(distance[:, 0], index[:, 0], distance[:, 1])


def memorization_report(
    *, samples: NearestNeighbors, held_out: NearestNeighbors, train: int
) -> MemorizationReport:
    """The report from the neighbors of samples and of held-out examples among training examples.

    train: number of training examples; samples beyond as many are not counted in p, since they
    could only copy the same ones again. Raises ValueError for fewer than 20 held-out examples.
    """
    held = len(held_out.distance)
    if held < MIN_HELD_OUT:
        raise ValueError(
            f"the alarm is calibrated on {MIN_HELD_OUT} held-out examples or more; got {held}"
        )
    ratio, known = _ratio(samples), _ratio(held_out)
    threshold = float(known.sort().values[held // 200])  # of the lowest 0.5 %
    near, below = ratio <= threshold, int((known <= threshold).sum())
    copies = len(samples.index[:train][near[:train]].unique())
    p = excess_probability(
        copied=copies, samples=min(train, len(ratio)), known=below, held_out=held
    )
    copied = float(near.double().mean())
    return MemorizationReport(ratio, samples.index, copied, below / held, p, threshold)


def excess_probability(*, copied: int, samples: int, known: int, held_out: int) -> float:
    """The p value of so many copies, `known` of them among the held-out examples: one-sided, exact.

    The probability that of the copied + known lowest of all samples and held-out examples at most
    `known` are held-out ones, where both are of one distribution (Fisher's test). It also bounds
    that of a threshold which is an order statistic of the held-out examples.
    """
    return float(hypergeom.cdf(known, samples + held_out, held_out, copied + known))


def memorization_of_features(
    *, generated: Array, train: Array, held_out: Array
) -> MemorizationReport:
    """`memorization_report` of features or any other points: (N, d), (M, d), (K, d)."""
    samples, known = (
        nearest_neighbors(x=generated, reference=train),
        nearest_neighbors(x=held_out, reference=train),
    )
    return memorization_report(samples=samples, held_out=known, train=len(train))


def _ratio(x: NearestNeighbors) -> Tensor:
    """Nearest over second nearest distance, in [0, 1]; equal ones are 1, also where both are 0."""
    return torch.where(x.distance == x.second, 1.0, x.distance / x.second)

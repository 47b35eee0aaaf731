"""Does a generator copy its training examples? Nearest neighbors, and an alarm with a known rate.

If no sample depends on single training examples, then the nearest of N training and M held-out
examples is a training example with probability N / (N + M), and the ratio of both distances has
the distribution that it has for held-out examples (arXiv:2004.05675 tests the same three sets). A
distance alone says little: typical samples are near to everything.

A shift by two pixels hides a copy from pixel distances (arXiv:1511.01844, section 4.3), so
neighbors are also searched for among shifted and mirrored images, and in features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.stats import binomtest
from torch import Tensor

from gansmith.core.arrays import Array, as_matrices
from gansmith.core.images import check_images, to_float
from gansmith.metrics.precision_recall import squared_distances

MIN_HELD_OUT = 20  # held-out examples that the alarm is calibrated on


@dataclass(frozen=True)
class NearestNeighbors:
    """distance (N,) to the nearest row of a reference, float64; index (N,) of that row."""

    distance: Tensor
    index: Tensor


@dataclass(frozen=True)
class MemorizationReport:
    """How near samples are to training examples, against held-out examples.

    ratio: of the distances to the nearest training and held-out example, (N,).
    nearest: index of the nearest training example, (N,). copied: share of samples with a ratio at
    most `threshold`, which only the share `expected` of the held-out examples has. closer: share
    that is nearer to a training than to a held-out example; chance: the same without any copying.
    p: probability of this many copies by chance; samples with the same nearest training example
    count once.
    """

    ratio: Tensor
    nearest: Tensor
    copied: float
    expected: float
    closer: float
    chance: float
    p: float
    threshold: float

    @property
    def alarm(self) -> bool:
        """Many more copies than held-out examples would give: p < 1e-4 and over 1 % of samples."""
        return self.p < 1e-4 and self.copied > 0.01

    def suspects(self) -> Tensor:
        """Indices (k,) of the samples that count as copied, the smallest ratio first."""
        order = self.ratio.argsort()
        return order[self.ratio[order] <= self.threshold]


def nearest_neighbors(
    x: Array, reference: Array, *, exclude_self: bool = False, chunk: int = 1000
) -> NearestNeighbors:
    """The nearest of (M, d) for each of (N, d), by Euclidean distance.

    exclude_self: both are one set, and a row is not its own neighbor. chunk: bounds the memory.
    """
    first, second = as_matrices(x, reference, "points")
    distances, places = [], []
    for start in range(0, len(first), chunk):
        part = first[start : start + chunk]
        squared = squared_distances(part, second)
        if exclude_self:
            rows = torch.arange(len(part))
            squared[rows, rows + start] = torch.inf
        nearest = squared.min(1)
        distances.append(nearest.values.sqrt())
        places.append(nearest.indices)
    return NearestNeighbors(torch.cat(distances), torch.cat(places))


def nearest_shifted(
    x: Tensor,
    reference: Tensor,
    *,
    max_shift: int = 2,
    exclude_self: bool = False,
    chunk: int = 500,
) -> NearestNeighbors:
    """The nearest of reference images (M, C, H, W), each shifted by up to `max_shift` pixels both
    ways and mirrored, for each of (N, C, H, W), in the root mean square of pixels in [-1, 1].

    The centers of images are compared, `max_shift` pixels from the borders, so that no pixel has
    to be invented. exclude_self: x is the first images of the reference, and none is its own
    neighbor.
    Raises ValueError for images of other sizes, or too small for the shift.
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
    squares = middle.square().sum(1, keepdim=True)
    best = torch.full((len(x),), torch.inf)
    index = torch.zeros(len(x), dtype=torch.int64)
    for start in range(0, len(reference), chunk):
        part = to_float(check_images(reference[start : start + chunk]))
        for image in (part, part.flip(3)):
            for dy in range(2 * max_shift + 1):
                for dx in range(2 * max_shift + 1):
                    moved = image[:, :, dy : dy + high, dx : dx + wide].flatten(1)
                    squared = squares + moved.square().sum(1) - 2 * middle @ moved.T
                    if exclude_self:  # also shifted and mirrored
                        own = torch.arange(max(0, min(len(part), len(x) - start)))
                        squared[own + start, own] = torch.inf
                    value, place = squared.min(1)
                    nearer = value < best
                    best = torch.where(nearer, value, best)
                    index = torch.where(nearer, place + start, index)
    return NearestNeighbors((best.clamp(min=0).double() / middle.shape[1]).sqrt(), index)


def memorization_report(
    to_train: NearestNeighbors,
    to_held_out: NearestNeighbors,
    held_out_to_train: NearestNeighbors,
    held_out_to_held_out: NearestNeighbors,
    train: int,
) -> MemorizationReport:
    """The report from four neighbor searches, all by one distance.

    to_train, to_held_out: of samples. held_out_to_train, held_out_to_held_out: of held-out
    examples, the latter with `exclude_self`. train: number of training examples.
    Raises ValueError for fewer than 20 held-out examples.
    """
    held = len(held_out_to_train.distance)
    if held < MIN_HELD_OUT:
        raise ValueError(
            f"the alarm is calibrated on {MIN_HELD_OUT} held-out examples or more; got {held}"
        )
    ratio = _ratio(to_train, to_held_out)
    known = _ratio(held_out_to_train, held_out_to_held_out).sort().values
    place = held // 200  # the lowest 0.5 %
    threshold, expected = float(known[place]), (place + 1) / (held + 1)
    near = ratio <= threshold
    # similar samples are not independent: count the training examples that are copied instead
    neighbors, copied = len(to_train.index.unique()), len(to_train.index[near].unique())
    p = binomtest(copied, neighbors, expected, alternative="greater").pvalue
    closer = float((to_train.distance < to_held_out.distance).double().mean())
    return MemorizationReport(
        ratio,
        to_train.index,
        float(near.double().mean()),
        expected,
        closer,
        train / (train + held),
        float(p),
        threshold,
    )


def memorization_of_features(generated: Array, train: Array, held_out: Array) -> MemorizationReport:
    """`memorization_report` of features or any other points: (N, d), (M, d), (K, d)."""
    return memorization_report(
        nearest_neighbors(generated, train),
        nearest_neighbors(generated, held_out),
        nearest_neighbors(held_out, train),
        nearest_neighbors(held_out, held_out, exclude_self=True),
        len(train),
    )


def _ratio(one: NearestNeighbors, other: NearestNeighbors) -> Tensor:
    """Distances over distances; equal ones are 1, also where both are 0."""
    least = torch.finfo(torch.float64).tiny
    return (one.distance + least) / (other.distance + least)

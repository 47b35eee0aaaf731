"""Does a generator copy its training examples? Nearest neighbours, and an alarm with a known rate.

If a sample owes nothing to single training examples, then the nearest of N training and M held-out
examples is one of the training with probability N / (N + M), and how much nearer follows the law
that held-out examples themselves follow (arXiv:2004.05675 tests the same three sets). A distance
alone says little: typical samples are near to everything.

Pixels are fooled by a shift of two places (arXiv:1511.01844, section 4.3), so that neighbours are
also looked for among shifted and mirrored pictures, and in features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.stats import binomtest
from torch import Tensor

from gansmith.metrics.arrays import Array, matching
from gansmith.metrics.pictures import to_unit
from gansmith.metrics.precision_recall import squared_distances

FEWEST = 20  # held-out examples, to know what is usual


@dataclass(frozen=True)
class Nearest:
    """distance (N,) to the nearest of a reference, float64; index (N,): which one it is."""

    distance: Tensor
    index: Tensor


@dataclass(frozen=True)
class MemoryReport:
    """What nearest neighbours say.

    ratio: of the distances to the nearest training and held-out example, one for each sample (N,).
    nearest: index of the nearest training example of each. copied: share of samples with a ratio
    that only `usual` of the held-out examples reach. closer: share that is nearer to a training
    example; chance: what it is without any copying. p: probability of so many copies by chance,
    samples with one nearest training example counted once.
    """

    ratio: Tensor
    nearest: Tensor
    copied: float
    usual: float
    closer: float
    chance: float
    p: float
    threshold: float

    @property
    def alarm(self) -> bool:
        """Many more copies than held-out examples would give: p < 1e-4 and over 1 % of samples."""
        return self.p < 1e-4 and self.copied > 0.01

    def suspects(self) -> Tensor:
        """Samples that count as copied, the surest first: indices (k,)."""
        order = self.ratio.argsort()
        return order[self.ratio[order] <= self.threshold]


def nearest(x: Array, reference: Array, *, itself: bool = False, chunk: int = 1000) -> Nearest:
    """The nearest of (M, d) for each of (N, d), by Euclidean distance.

    itself: both are one set, and a row is not its own neighbour. chunk: bounds the memory.
    """
    first, second = matching(x, reference, "points")
    centre = second.mean(0)
    first, second = first - centre, second - centre
    distances, places = [], []
    for start in range(0, len(first), chunk):
        part = first[start : start + chunk]
        squared = squared_distances(part, second)
        if itself:
            rows = torch.arange(len(part))
            squared[rows, rows + start] = torch.inf
        place = squared.argmin(1)
        # the expanded square is off by 1e-16 of the norms: measure the winner again
        distances.append((part - second[place]).norm(dim=1))
        places.append(place)
    return Nearest(torch.cat(distances), torch.cat(places))


def nearest_moved(
    x: Tensor, reference: Tensor, *, reach: int = 2, itself: bool = False, chunk: int = 500
) -> Nearest:
    """The nearest of reference pictures (M, C, H, W), each moved by up to `reach` pixels both ways
    and mirrored, for each of (N, C, H, W), in the root mean square of pixels in [-1, 1].

    The middles of pictures are compared, `reach` pixels from the borders, so that nothing has to be
    made up. itself: x is the first pictures of the reference, and none is its own neighbour.
    Raises ValueError for pictures of other sizes, or too small for the reach.
    """
    if x.shape[1:] != reference.shape[1:]:
        raise ValueError(
            f"pictures of one shape are compared; got {tuple(x.shape[1:])} and "
            f"{tuple(reference.shape[1:])}"
        )
    height, width = x.shape[-2:]
    high, wide = height - 2 * reach, width - 2 * reach
    if reach < 0 or min(high, wide) < 1:
        raise ValueError(f"a reach of {reach} pixels leaves nothing of {height}x{width} pictures")
    middle = to_unit(x)[:, :, reach : reach + high, reach : reach + wide].flatten(1)
    squares = middle.square().sum(1, keepdim=True)
    best = torch.full((len(x),), torch.inf)
    index = torch.zeros(len(x), dtype=torch.int64)
    for start in range(0, len(reference), chunk):
        part = to_unit(reference[start : start + chunk])
        for seen in (part, part.flip(3)):
            for dy in range(2 * reach + 1):
                for dx in range(2 * reach + 1):
                    moved = seen[:, :, dy : dy + high, dx : dx + wide].flatten(1)
                    squared = squares + moved.square().sum(1) - 2 * middle @ moved.T
                    if itself:  # also moved and mirrored
                        own = torch.arange(max(0, min(len(part), len(x) - start)))
                        squared[own + start, own] = torch.inf
                    value, place = squared.min(1)
                    nearer = value < best
                    best = torch.where(nearer, value, best)
                    index = torch.where(nearer, place + start, index)
    return Nearest((best.clamp(min=0).double() / middle.shape[1]).sqrt(), index)


def memory_report(
    to_train: Nearest, to_held: Nearest, held_to_train: Nearest, held_to_held: Nearest, train: int
) -> MemoryReport:
    """The report from four neighbour searches, all of one kind.

    to_train, to_held: of samples. held_to_train, held_to_held: of held-out examples, the latter
    without themselves. train: number of training examples.
    Raises ValueError for fewer than 20 held-out examples.
    """
    held = len(held_to_train.distance)
    if held < FEWEST:
        raise ValueError(f"to know what is usual takes {FEWEST} held-out examples; got {held}")
    ratio = _ratio(to_train, to_held)
    known = _ratio(held_to_train, held_to_held).sort().values
    place = held // 200  # the lowest 0.5 %
    threshold, usual = float(known[place]), (place + 1) / (held + 1)
    near = ratio <= threshold
    # Samples that are alike err together: what counts is how many neighbours are copied, of all.
    kinds, bad = len(to_train.index.unique()), len(to_train.index[near].unique())
    p = binomtest(bad, kinds, usual, alternative="greater").pvalue
    closer = float((to_train.distance < to_held.distance).double().mean())
    return MemoryReport(
        ratio,
        to_train.index,
        float(near.double().mean()),
        usual,
        closer,
        train / (train + held),
        float(p),
        threshold,
    )


def memory_of_features(generated: Array, train: Array, held: Array) -> MemoryReport:
    """`memory_report` of features or any other points: (N, d), (M, d), (K, d)."""
    return memory_report(
        nearest(generated, train),
        nearest(generated, held),
        nearest(held, train),
        nearest(held, held, itself=True),
        len(train),
    )


def _ratio(one: Nearest, other: Nearest) -> Tensor:
    """Distances over distances; equal ones are 1, also where both are 0."""
    least = torch.finfo(torch.float64).tiny
    return (one.distance + least) / (other.distance + least)

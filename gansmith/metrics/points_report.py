"""All numbers for generated points, each with its protocol and what real points get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor

from gansmith.metrics.arrays import Array, matching, matrix
from gansmith.metrics.distances import energy_distance, sliced_wasserstein
from gansmith.metrics.modes import mode_report
from gansmith.metrics.protocol import HELD, Measured, Protocol
from gansmith.metrics.samples import Trio, trio


def evaluate_points(
    generated: Array,
    held: Array,
    train: Array,
    *,
    modes: Array | None = None,
    std: float | None = None,
    limit: int = 2_500,
    seed: int = 0,
) -> dict[str, Measured]:
    """Energy and sliced Wasserstein distance to held-out points; modes captured when known.

    generated, held, train: (N, d). modes: centres (K, d) with their standard deviation std.
    """
    if (modes is None) != (std is None):
        raise ValueError("give modes together with their std, or neither")
    fake, true = matching(generated, held, "points")
    points = trio(fake, true, matrix(train, "points"), limit, seed)
    base = Protocol("coordinates", HELD, points.counts(), seed=seed)
    near = replace(base, notes=("all pairs, V-statistic, biased by N",))
    sliced = replace(base, notes=("p=1, mean of 128 directions",))
    found = {
        "energy": distance("energy distance", energy_distance, points, near),
        "sliced": distance("sliced W1", partial(sliced_wasserstein, seed=seed), points, sliced),
    }
    if modes is not None and std is not None:
        found |= _modes(points, matrix(modes, "modes"), std, seed)
    return found


def _modes(points: Trio, modes: Tensor, std: float, seed: int) -> dict[str, Measured]:
    ours, theirs = (mode_report(x, modes, std) for x in (points.generated, points.held))
    note = f"{len(modes)} modes of std {std:g}, within 3 std"
    protocol = Protocol("coordinates", "known modes", points.counts(), seed=seed, notes=(note,))
    pairs = {
        "modes": ("modes captured (>= 1 sample)", ours.captured, theirs.captured),
        "modes_20": ("modes captured (>= 20 samples)", ours.captured_20, theirs.captured_20),
        "high_quality": ("high-quality share", ours.high_quality, theirs.high_quality),
    }
    return {
        key: Measured(name, value, "higher", protocol, real)
        for key, (name, value, real) in pairs.items()
    }


def distance(
    name: str, between: Callable[[Tensor, Tensor], float], samples: Trio, protocol: Protocol
) -> Measured:
    """A distance from the generated samples to the held-out ones, with its real floor."""
    value = between(samples.generated, samples.held)
    return Measured(name, value, "lower", protocol, between(samples.train, samples.held))

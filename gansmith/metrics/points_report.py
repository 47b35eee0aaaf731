"""All numbers of generated points, each with its protocol and the value of real points."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache, partial

from torch import Tensor

from gansmith.core.arrays import Array, as_matrices, as_matrix
from gansmith.metrics.distances import energy_distance, sliced_wasserstein
from gansmith.metrics.modes import ModeReport, mode_report
from gansmith.metrics.protocol import HELD_OUT, Better, Measured, Protocol, select_keys
from gansmith.metrics.samples import Splits, subsample

DISTANCES = ("energy", "sliced")
MODES: dict[str, tuple[str, Callable[[ModeReport], float]]] = {
    "modes": ("modes captured (>= 1 sample)", lambda x: x.captured),
    "modes_20": ("modes captured (>= 20 samples)", lambda x: x.captured_20),
    "high_quality": ("high-quality share", lambda x: x.high_quality),
}


def available_points(known_modes: bool = False) -> dict[str, Better]:
    """The keys that `evaluate_points` gives, each with its good direction; nothing is computed."""
    found: dict[str, Better] = dict.fromkeys(DISTANCES, "lower")
    return found | (dict.fromkeys(MODES, "higher") if known_modes else {})


def evaluate_points(
    *,
    generated: Array,
    held_out: Array,
    train: Array,
    modes: Array | None = None,
    std: float | None = None,
    limit: int = 2_500,
    seed: int = 0,
    only: Collection[str] | None = None,
) -> dict[str, Measured]:
    """Energy and sliced Wasserstein distance to held-out points; captured modes where known.

    generated, held_out, train: (N, d). modes: centers (K, d) with their standard deviation std.
    only: keys of the numbers to compute; all by default.
    Raises ValueError for an unknown key in `only`, and for modes without std or the other way.
    """
    if (modes is None) != (std is None):
        raise ValueError("give modes together with their std, or neither")
    available = available_points(modes is not None)
    wanted = select_keys(only, available)
    fake, real = as_matrices(generated, held_out, "points")
    splits = subsample(
        generated=fake, held_out=real, train=as_matrix(train, "points"), limit=limit, seed=seed
    )
    base = Protocol("coordinates", HELD_OUT, splits.counts(), seed=seed)
    near = replace(base, notes=("all pairs, V-statistic, biased by N",))
    sliced = replace(base, notes=("p=1, mean of 128 directions",))
    numbers: dict[str, Callable[[], Measured]] = {
        "energy": lambda: measured_distance("energy distance", energy_distance, splits, near),
        "sliced": lambda: measured_distance(
            "sliced W1", partial(sliced_wasserstein, seed=seed), splits, sliced
        ),
    }
    if modes is not None and std is not None:
        numbers |= _modes(splits, as_matrix(modes, "modes"), std, seed)
    return {key: numbers[key]() for key in available if key in wanted}


def _modes(
    splits: Splits, modes: Tensor, std: float, seed: int
) -> dict[str, Callable[[], Measured]]:
    note = f"{len(modes)} modes of std {std:g}, within 3 std"
    protocol = Protocol("coordinates", "known modes", splits.counts(), seed=seed, notes=(note,))

    @lru_cache
    def reports() -> tuple[ModeReport, ModeReport]:
        return mode_report(splits.generated, modes, std), mode_report(splits.held_out, modes, std)

    def number(key: str) -> Measured:
        name, value = MODES[key]
        generated, real = (float(value(report)) for report in reports())
        return Measured(name, generated, "higher", protocol, real)

    return {key: partial(number, key) for key in MODES}


def measured_distance(
    name: str, distance: Callable[[Tensor, Tensor], float], splits: Splits, protocol: Protocol
) -> Measured:
    """A distance from the generated samples to the held-out ones, with its floor of real ones."""
    value = distance(splits.generated, splits.held_out)
    floor = distance(splits.train, splits.held_out)
    return Measured(name, value, "lower", protocol, floor)

"""The range of every option with a number: one table, checked by the command line and Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MOST = 10**9


class Interval(NamedTuple):
    """The numbers between two ends; NaN is in none."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: object) -> bool:
        assert isinstance(value, int | float)
        above = self.low < value if self.open_low else self.low <= value
        return above and (value < self.high if self.open_high else value <= self.high)

    def __str__(self) -> str:
        opening, closing = "[("[self.open_low], "])"[self.open_high]
        return f"{opening}{self.low:.12g}, {self.high:.12g}{closing}"


COUNT = Interval(1, MOST)
NOT_NEGATIVE = Interval(0, MOST)
POSITIVE = Interval(0, 1e30, open_low=True)  # well within float32
FRACTION = Interval(0, 1, open_high=True)
PROBABILITY = Interval(0, 1)
ANY = Interval(-MOST, MOST)
SIZE = Interval(1, 2**16)  # of a layer: what is larger has no room anywhere
SEED = Interval(0, 2**63 - 1)  # what torch takes, and a random stream

OPTIONS: dict[str, Interval] = {
    "batch": COUNT,
    "clip": POSITIVE,
    "finetune": NOT_NEGATIVE,
    "fps": Interval(1, 100),
    "frames": COUNT,
    "gain": Interval(-200, 200),  # decibels
    "labelled": NOT_NEGATIVE,
    "labelled_seed": SEED,
    "micro": COUNT,
    "minutes": Interval(0, 10**6, open_low=True),  # two years
    "n": COUNT,
    "sample_every": COUNT,
    "seed": SEED,
    "seeds": COUNT,
    "size": Interval(1, 2**24),  # pixels, samples of a waveform, or words
    "steps": COUNT,
    "trials": NOT_NEGATIVE,
    "truncation": Interval(0, 100, open_low=True),
    "val": Interval(0, 1, open_low=True, open_high=True),
}


def check_bounds(values: Mapping[str, Any], bounds: Mapping[str, Interval] = OPTIONS) -> None:
    """Raises ValueError for a number beyond its bounds, and for empty text.

    values: by name; what is neither a number nor text is let through. A number whose name has no
    bounds must be finite.
    """
    for name, value in values.items():
        if isinstance(value, str) and not value.strip():
            raise ValueError(f"{name} is empty; leave it out")
        if isinstance(value, int | float) and not isinstance(value, bool):
            interval = bounds.get(name, ANY)
            if value not in interval:
                raise ValueError(f"{name} must be a number in {interval}; got {value}")

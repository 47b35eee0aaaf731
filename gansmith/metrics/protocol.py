"""A number together with how it was computed: without its protocol it cannot be compared."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Literal

HELD_OUT = "held-out split"

Better = Literal["lower", "higher", "near"]


LIBRARIES = ("torch", "numpy", "scipy", "pillow")
COMPARED = ("features", "reference", "data", "counts", "resize", "notes")


class ProtocolError(ValueError):
    """Numbers that were computed in different ways were to be compared."""


@lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    from gansmith.version import __version__

    return ("gansmith", __version__), *((name, version(name)) for name in LIBRARIES)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Protocol:
    """How a number was computed.

    features: what the samples were described by; reference: the split compared with;
    counts: samples of each kind that went in; resize: what was done to sizes and channels;
    seed: of the choice of samples and of random directions; notes: constants and warnings;
    data: name and fingerprint of the data set that the reference belongs to;
    versions: of the libraries; created: when, in UTC.
    """

    features: str
    reference: str
    counts: dict[str, int]
    resize: str = "none"
    seed: int = 0
    notes: tuple[str, ...] = ()
    data: str = ""
    versions: dict[str, str] = field(default_factory=lambda: dict(_versions()), compare=False)
    created: str = field(default_factory=_now, compare=False)

    def differences(self, other: Protocol) -> list[str]:
        """Why numbers of the two cannot be compared, a line for each reason; empty if they can.

        The seed, the versions and the time may differ: they belong to this run of the protocol.
        """
        return [
            f"{name}: {getattr(self, name)!r} and {getattr(other, name)!r}"
            for name in COMPARED
            if getattr(self, name) != getattr(other, name)
        ]


@dataclass(frozen=True)
class Measured:
    """One number, the value of real data by the same protocol, and that protocol.

    real: the same number with training samples, equally many, in place of the generated ones (the
    floor of a distance); of the held-out samples where the generated ones are not compared with
    them. better: whether lower, higher, or near to `real` is better.
    """

    name: str
    value: float
    better: Better
    protocol: Protocol
    real: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A plain dict for a JSON file; raises ValueError for a number JSON cannot hold."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Measured:
        """The inverse of `to_json`."""
        plain: dict[str, Any] = {"versions": {}, "created": ""} | values["protocol"]
        plain["notes"] = tuple(plain["notes"])
        return cls(**{**values, "protocol": Protocol(**plain)})

    def line(self) -> str:
        """One line of text: name, value, the real value and the counts."""
        real = "" if self.real is None else f" (real {self.real:.4g})"
        counts = ", ".join(f"{n} {kind}" for kind, n in self.protocol.counts.items())
        return f"{self.name} {self.value:.4g}{real} [{counts}; {self.protocol.features}]"

    def ratio(self) -> float:
        """The value over that of real data; NaN where that is 0 or unknown."""
        return self.value / self.real if self.real else math.nan


def check_comparable(numbers: Mapping[str, Measured]) -> None:
    """Raises ProtocolError unless these values of one number, by run, may be compared."""
    (first, known), *others = numbers.items()
    for name, number in others:
        if different := known.protocol.differences(number.protocol):
            raise ProtocolError(
                f"the {number.name} of {first} and of {name} were not measured in the same way, so "
                f"that comparing them says nothing ({'; '.join(different)}); measure them alike, "
                "or force it"
            )


def select_keys(only: Collection[str] | None, available: Collection[str]) -> set[str]:
    """The keys of the numbers to compute: those in `only`, or all that are available for None.

    Raises ValueError for a key that is not available.
    """
    if only is None:
        return set(available)
    if unknown := sorted(set(only) - set(available)):
        raise ValueError(
            f"there is no number {unknown[0]!r} of these samples; there are {', '.join(available)}"
        )
    return set(only)

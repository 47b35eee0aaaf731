"""A number together with how it was made. A score without its protocol cannot be compared."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

HELD = "held-out split"

Better = Literal["lower", "higher", "near"]


@dataclass(frozen=True)
class Protocol:
    """How a number was computed.

    features: what the samples were described by; reference: the split compared with;
    counts: samples of each kind that went in; resize: what was done to sizes and channels;
    seed: of the choice of samples and of random directions; notes: constants and warnings.
    """

    features: str
    reference: str
    counts: dict[str, int]
    resize: str = "none"
    seed: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """One number, what real data gets by the same protocol, and that protocol.

    real: the same number with training samples, equally many, in the place of the generated
    ones (the floor of a distance); of the held-out samples where nothing is compared with them.
    better: whether lower, higher, or near to `real` is better.
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
        plain = dict(values["protocol"])
        plain["notes"] = tuple(plain["notes"])
        return cls(**{**values, "protocol": Protocol(**plain)})

    def line(self) -> str:
        """One line for people: name, value, the real value and the counts."""
        real = "" if self.real is None else f" (real {self.real:.4g})"
        counts = ", ".join(f"{n} {kind}" for kind, n in self.protocol.counts.items())
        return f"{self.name} {self.value:.4g}{real} [{counts}; {self.protocol.features}]"

    def ratio(self) -> float:
        """The value over what real data gets; NaN where that is 0 or unknown."""
        return self.value / self.real if self.real else math.nan

"""What an example is asked by: a class, labels, a sentence, a sound, a picture ..."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Asked = Literal[
    "class", "labels", "attributes", "sentence", "meaning", "sound", "wave", "image", "likeness"
]


class ConditionError(ValueError):
    """A condition that cannot be used; the message says which, and what to do."""


@dataclass(frozen=True)
class Condition:
    """The description of a data set's field of conditions, as plain JSON.

    kind             what the field holds, row for row:
      class          int64 (N,), the field `label`; `names` are the classes
      labels         float32 (N, len(names)), 0 or 1 each
      attributes     float32 (N, len(names)), each around [-1, 1]; `low` and `high` are what -1
                     and 1 stand for, where they are not themselves
      sentence       tokens (N, length) int16 or int32, 0 ends a sentence and pads it; `vocab` words
      meaning        float32 (N, width): a sentence as an encoder from elsewhere understands it
      sound          uint8 (N, 1, height, width): log-mel bands over time; made of `length` samples
                     at `rate` a second, where that is known
      wave           float32 (N, length) in [-1, 1]: the samples of a sound
      image          uint8 (N, channels, height, width)
    frames           image: how many past frames of a clip lie in its channels, the oldest first;
                     0 where it is no clip
      likeness       the same: three channels of a landmark picture to follow, then for each picture
                     of the person its channels and three of its landmark picture
    """

    kind: Asked
    names: tuple[str, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    vocab: int = 0
    length: int = 0
    channels: int = 0
    height: int = 0
    width: int = 0
    frames: int = 0
    rate: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Asked):
            raise ConditionError(
                f"a condition is one of {', '.join(get_args(Asked))}; got {self.kind!r}"
            )

    @property
    def field(self) -> str:
        """The field of a batch that holds the conditions."""
        return "label" if self.kind == "class" else "given"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one condition."""
        if self.kind == "class":
            return ()
        if self.kind in ("sentence", "wave"):
            return (self.length,)
        if self.kind in ("labels", "attributes"):
            return (len(self.names),)
        if self.kind == "meaning":
            return (self.width,)
        return (self.channels, self.height, self.width)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Condition:
        """The condition that `dataclasses.asdict` made into JSON."""
        values: dict[str, Any] = dict(plain)
        for key in ("names", "low", "high"):
            values[key] = tuple(plain.get(key, ()))
        return cls(**values)

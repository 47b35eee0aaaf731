"""The search space of a sweep: a range or a list of choices for each keyword, and its syntax.

`1e-4..1e-2` is a range, `16,32,64` are choices; `;` separates choices that contain commas.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LOG_RATIO = 10  # high / low from which on a range of positive numbers is searched in log scale
BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
MAX_GRID_VALUES = 1000  # of one integer range


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both included; integers for an int keyword."""

    low: float
    high: float
    integer: bool = False

    @property
    def log(self) -> bool:
        """Whether it is searched in log scale."""
        return self.low > 0 and self.high / self.low >= LOG_RATIO

    @property
    def values_to_check(self) -> list[Any]:
        """The values that a game is built with before a sweep begins: the ends."""
        return [self.low, self.high]

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return {"low": self.low, "high": self.high, "integer": self.integer}

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}{' in log scale' if self.log else ''}"


@dataclass(frozen=True)
class Choices:
    """A list of values."""

    values: tuple[Any, ...]

    @property
    def values_to_check(self) -> list[Any]:
        """The values that a game is built with before a sweep begins: all."""
        return list(self.values)

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return {"values": list(self.values)}

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))


Dimension = Range | Choices


def from_json(plain: Mapping[str, Any]) -> Dimension:
    """The inverse of `to_json`."""
    return Choices(tuple(plain["values"])) if "values" in plain else Range(**plain)


def parse_dimension(name: str, given: Any, hint: Any) -> Dimension:
    """The range or the choices of a keyword.

    given: text as on the command line, a pair (low, high), or a list of choices.
    hint: the keyword's type.
    Raises ValueError for a value that is not of that type, a range whose low end is not below its
    high end, and fewer than two choices.
    """
    if isinstance(given, Range | Choices):
        return given
    if isinstance(given, str):
        low, dots, high = given.partition("..")
        ends: Sequence[Any] | None = (low, high) if dots else None
        values: Sequence[Any] = given.split(";" if ";" in given else ",")
    else:
        ends = given if isinstance(given, tuple) and len(given) == 2 else None
        values = list(given)
    if ends is not None:
        return _range(name, ends, hint)
    found = tuple(dict.fromkeys(_value(name, str(value), hint) for value in values))
    if len(found) < 2:
        raise ValueError(
            f"--vary {name} takes a range, a..b, or at least two different values, x,y; got "
            f"{given!r}. A value that all trials share is given as in train: --{name} VALUE"
        )
    return Choices(found)


def _range(name: str, ends: Sequence[Any], hint: Any) -> Range:
    kinds = _kinds(hint)
    if not kinds & {int, float}:
        raise ValueError(f"--vary {name}: a range is of numbers; list the values instead, x,y,z")
    integer = float not in kinds
    low, high = (_value(name, str(end), int if integer else float) for end in ends)
    if not low < high:
        raise ValueError(f"--vary {name}: a range goes from low to high; got {low:g}..{high:g}")
    return Range(low, high, integer)


def _kinds(hint: Any) -> set[Any]:
    """The types of a hint: the members of a union."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return set(typing.get_args(hint)) if union else {hint}


def _value(name: str, text: str, hint: Any) -> Any:
    """Text as a value of a keyword's type."""
    text = text.strip()
    kinds = _kinds(hint)
    if type(None) in kinds and text.lower() == "none":
        return None
    for kind in sorted(kinds - {type(None)}, key=_order):
        if kind is bool and text.lower() in BOOLEANS:
            return BOOLEANS[text.lower()]
        if kind in (int, float):
            try:
                value = kind(text)
            except ValueError:
                continue
            if value - value == 0:  # neither infinite nor NaN
                return value
        if kind is str and text:
            return text
        for choice in typing.get_args(kind):  # of a Literal
            if str(choice) == text:
                return choice
    type_name = getattr(hint, "__name__", str(hint)) if len(kinds) == 1 else str(hint)
    raise ValueError(f"--vary {name}: {text!r} is not a value of {name}, which is {type_name}")


def _order(kind: Any) -> int:
    return [bool, int, float].index(kind) if kind in (bool, int, float) else 3


def default_space(keywords: Mapping[str, Any]) -> dict[str, Dimension]:
    """The search space by default: the usual keywords around a preset's values.

    Learning rates and the penalty's weight from a tenth to tenfold; half, once and twice the
    batch; beta1 0, 0.5 or 0.9; 1 to 5 steps of D.
    """
    found: dict[str, Dimension] = {}
    for name in ("lr", "g_lr", "d_lr", "penalty_weight", "margin_weight", "reg_weight"):
        value = keywords.get(name)
        if isinstance(value, float) and value > 0:
            found[name] = Range(float(f"{value / 10:.12g}"), float(f"{value * 10:.12g}"))
    if (batch := keywords.get("batch", 0)) > 1:
        found["batch"] = Choices((batch // 2, batch, 2 * batch))
    if "beta1" in keywords:
        found["beta1"] = Choices((0.0, 0.5, 0.9))
    if "d_steps" in keywords:
        found["d_steps"] = Range(1, max(5, keywords["d_steps"]), integer=True)
    return found


def grid_values(space: Mapping[str, Dimension]) -> dict[str, list[Any]]:
    """The values that a grid takes of each keyword.

    Raises ValueError for a range of real numbers.
    """
    values: dict[str, list[Any]] = {}
    for name, dimension in space.items():
        if isinstance(dimension, Choices):
            values[name] = list(dimension.values)
        elif dimension.integer and dimension.high - dimension.low < MAX_GRID_VALUES:
            values[name] = list(range(int(dimension.low), int(dimension.high) + 1))
        else:
            raise ValueError(
                f"a grid takes lists of values, and --vary {name}={dimension.low:g}.."
                f"{dimension.high:g} is a range: list the values, x,y,z, or leave out --grid"
            )
    return values

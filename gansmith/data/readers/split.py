"""Which part of a data set is held out of training when it has no split of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from gansmith.data.spec import DataError

HELD_OUT = 0.1


def hold_out(
    names: Sequence[str], val: float | None, where: str, groups: Sequence[int] | None = None
) -> np.ndarray:
    """True for the rows to hold out, (N,): those whose name's sha256 lies in its lowest part `val`.

    A name alone decides, so adding or removing rows moves no other row across; rows of one name
    stay together. But whatever `val` is, of every group one name is trained on, and of every group
    of two or more one is held out, unless another group needs it for training.
    val: a part in (0, 1), HELD_OUT when None. groups: a number for each row, such as its class.
    Raises DataError when there are no two names, or no two in a group.
    """
    return hold_out_draws(np.array([draw(name) for name in names]), val, where, groups)


def hold_out_rows(
    count: int, val: float | None, where: str, groups: np.ndarray | None = None
) -> np.ndarray:
    """`hold_out` of the names "0", "1", ... which are not all kept in memory."""
    draws = np.fromiter((draw(str(row)) for row in range(count)), np.float64, count)
    return hold_out_draws(draws, val, where, groups)


def hold_out_draws(
    draws: np.ndarray, val: float | None, where: str, groups: Sequence[int] | np.ndarray | None
) -> np.ndarray:
    """`hold_out` of names of which only the `draw` of each is known, (N,)."""
    part = HELD_OUT if val is None else val
    if not 0 < part < 1:
        raise ValueError(f"val is the part held out, between 0 and 1; got {val}")
    out = draws < part
    places = [] if groups is None else [np.unique(groups, return_inverse=True)[1]]
    for group in (np.zeros(len(draws), int), *places):  # all rows are a group too
        # The lowest draw of a group is held out, the highest is not: by draws, since a name may
        # stand in several groups.
        low, high = np.ones(group.max(initial=0) + 1), np.zeros(group.max(initial=0) + 1)
        np.minimum.at(low, group, draws)
        np.maximum.at(high, group, draws)
        out = (out | np.isin(draws, low)) & ~np.isin(draws, high)
    if not out.any():
        each = "" if groups is None else ", each of a class of its own"
        raise DataError(
            f"{where} has {len(np.unique(draws))} different examples{each}; at least two"
            f"{' of one class' * bool(each)} are needed, one to train on and one to hold out"
        )
    return out


def refuse_val(val: float | None, where: str) -> None:
    """Data with a split of its own is not split again: DataError when `val` is set."""
    if val is not None:
        raise DataError(
            f"{where} comes with its own split: leave out val (got {val}), or give its training "
            "part only"
        )


def draw(name: str) -> float:
    """A number in [0, 1) that a name always has."""
    return (
        int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
        / 2**64
    )

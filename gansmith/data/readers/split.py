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
    stay together. But whatever `val` is, of every group of two names or more one is trained on, and
    one is held out unless another group needs it for training.
    val: a part in (0, 1), HELD_OUT when None. groups: a number for each row, such as its class.
    Raises DataError when there are no two names.
    """
    draws = np.array([_draw(name) for name in names])
    out = _lowest(draws, len(set(names)), val, where)
    # By their draws, since a name may stand in several groups.
    numbers = np.array(groups or ())
    edges = [
        (chosen.min(), chosen.max())
        for number in np.unique(numbers)
        if len(set(chosen := draws[numbers == number])) > 1
    ]
    out |= np.isin(draws, [low for low, _ in edges])
    return out & ~np.isin(draws, [high for _, high in edges])


def hold_out_rows(count: int, val: float | None, where: str) -> np.ndarray:
    """`hold_out` of the names "0", "1", ... which are not all kept in memory."""
    draws = np.fromiter((_draw(str(row)) for row in range(count)), np.float64, count)
    return _lowest(draws, count, val, where)


def _lowest(draws: np.ndarray, different: int, val: float | None, where: str) -> np.ndarray:
    part = HELD_OUT if val is None else val
    if not 0 < part < 1:
        raise ValueError(f"val is the part held out, between 0 and 1; got {val}")
    if different < 2:
        raise DataError(
            f"{where} gives {different} different examples; two are needed at least, "
            "one to train on and one to hold out"
        )
    return _edges(draws, draws < part)


def _edges(draws: np.ndarray, out: np.ndarray) -> np.ndarray:
    """The same choice, with the lowest draw held out and the highest not."""
    out = out.copy()
    out[draws == draws.min()] = True
    out[draws == draws.max()] = False
    return out


def refuse_val(val: float | None, where: str) -> None:
    """Data with a split of its own is not split again: DataError when `val` is set."""
    if val is not None:
        raise DataError(
            f"{where} brings its own split; leave val out (got {val}), or give only its train part"
        )


def _draw(name: str) -> float:
    return (
        int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
        / 2**64
    )

"""Which part of a data set is held out of training when it brings no split of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from gansmith.data.spec import DataError

HELD = 0.1


def hold_out(names: Sequence[str], val: float | None, where: str) -> np.ndarray:
    """True for the rows to hold out, (N,): whose name's sha256 lies in its lowest part `val`.

    A name alone decides, so adding or removing rows moves no other row across.
    val: a part in (0, 1), HELD when None.
    Whatever it is, one row at least is held out and one trains; rows of one name stay together.
    DataError when there are no two names.
    """
    return _lowest(np.array([_draw(name) for name in names]), len(set(names)), val, where)


def hold_out_rows(count: int, val: float | None, where: str) -> np.ndarray:
    """`hold_out` of the names "0", "1", ... which are not all kept in memory."""
    draws = np.fromiter((_draw(str(row)) for row in range(count)), np.float64, count)
    return _lowest(draws, count, val, where)


def _lowest(draws: np.ndarray, different: int, val: float | None, where: str) -> np.ndarray:
    part = HELD if val is None else val
    if not 0 < part < 1:
        raise ValueError(f"val is the part held out, between 0 and 1; got {val}")
    if different < 2:
        raise DataError(
            f"{where} gives {different} different examples; two are needed at least, "
            "one to train on and one to hold out"
        )
    held = draws < part
    held[draws == draws.min()] = True
    held[draws == draws.max()] = False
    return held


def refuse_val(val: float | None, where: str) -> None:
    """A split that is given is used as it is: DataError when another part is asked for."""
    if val is not None:
        raise DataError(
            f"{where} brings its own split; leave val out (got {val}), or give only its train part"
        )


def _draw(name: str) -> float:
    return (
        int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
        / 2**64
    )

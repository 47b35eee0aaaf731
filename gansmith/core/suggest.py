"""Suggestions for mistyped names."""

from __future__ import annotations

from collections.abc import Iterable


def closest_match(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, or None when none is similar.

    Transposed letters are the most common mistake, so among several similar names one with the
    same letters is preferred. Upper and lower case count as the same.
    """
    import difflib  # only when a name is wrong

    lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), list(lower), 4)
    best = max(near, key=lambda other: sorted(other) == sorted(name.lower()), default=None)
    return None if best is None else lower[best]


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not among the known ones."""
    meant = closest_match(name, known)
    hint = f"; did you mean {meant!r}?" if meant else "."
    return f"unknown {what} {name!r}{hint} There are: {', '.join(known)}"

"""What a mistyped name was meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, or None when nothing is near.

    Letters that changed places are the commonest slip, so that of several near names one with
    the same letters is preferred.
    """
    import difflib  # only once a name is wrong

    near = difflib.get_close_matches(name, list(known), 4)
    return max(near, key=lambda other: sorted(other) == sorted(name), default=None)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not among the known ones."""
    meant = nearest(name, known)
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"unknown {what} {name!r}{hint or ';'} There are: {', '.join(known)}"

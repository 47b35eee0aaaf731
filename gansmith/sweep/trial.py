"""A trial of a sweep, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gansmith.core.trainer import NonFiniteError

MEMORY = re.compile(r"out of memory|not enough memory|can't allocate|cannot allocate", re.I)


@dataclass(frozen=True)
class Trial:
    """A trial of a sweep.

    keywords: those that are varied. score: of a trial that is done, else None.
    state: waiting, playing, stopped, done, diverged, memory (there was too little) or error.
    step: the last one played. best: the step that the score was taken at.
    why: what went wrong. term: the loss term that was not finite, if one was named.
    """

    number: int
    folder: Path
    keywords: dict[str, Any]
    state: str
    score: float | None = None
    step: int | None = None
    best: int | None = None
    why: str = ""
    term: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def failed(self) -> bool:
        """Whether it ended without a score."""
        return self.state in ("diverged", "memory", "error")


def said(keywords: Mapping[str, Any]) -> str:
    """Keywords in a line."""
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in keywords.items()
    )


def failure(error: Exception) -> dict[str, str]:
    """What is noted of an error: its kind, its message, the term that was not finite."""
    why = str(error) or type(error).__name__
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and MEMORY.search(why)):
        return {"what": "memory", "why": why}
    if isinstance(error, NonFiniteError):
        term = re.search(r"(?:term )?'([\w./ -]+)' is (?:nan|-?inf|not finite)", why)
        return {"what": "diverged", "why": why, "term": term[1] if term else ""}
    return {"what": "error", "why": f"{type(error).__name__}: {why}"}

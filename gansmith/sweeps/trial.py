"""A trial of a sweep and its outcome."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gansmith.core.trainer import NonFiniteError

OUT_OF_MEMORY = re.compile(r"out of memory|not enough memory|can't allocate|cannot allocate", re.I)


@dataclass(frozen=True)
class Trial:
    """A trial of a sweep.

    keywords: those that are varied. score: of a trial that is done, else None.
    state: waiting, running, stopped, done, diverged, out of memory, or error.
    step: the last one. best_step: the step that the score was taken at.
    reason: the message of what ended it. term: what was not finite, by its key in log.jsonl.
    """

    number: int
    folder: Path
    keywords: dict[str, Any]
    state: str
    score: float | None = None
    step: int | None = None
    best_step: int | None = None
    reason: str = ""
    term: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def failed(self) -> bool:
        """Whether it ended without a score."""
        return self.state in ("diverged", "out of memory", "error")


def format_keywords(keywords: Mapping[str, Any]) -> str:
    """Keywords and their values in one line."""
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in keywords.items()
    )


def describe_failure(error: Exception) -> dict[str, str]:
    """The state, the reason and the term of a trial that an error ended."""
    reason = str(error) or type(error).__name__
    no_memory = isinstance(error, RuntimeError) and OUT_OF_MEMORY.search(reason)
    if no_memory or isinstance(error, MemoryError):
        return {"state": "out of memory", "reason": reason}
    if isinstance(error, NonFiniteError):
        keys = (f"{error.phase}/{term}" if error.phase else term for term in error.terms)
        return {"state": "diverged", "reason": reason, "term": ", ".join(keys)}
    return {"state": "error", "reason": f"{type(error).__name__}: {reason}"}

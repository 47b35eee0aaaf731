"""What a preset is to the rest of the house: a function, its data, its paper."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gansmith.core.bounds import Interval, check_bounds
from gansmith.core.recipe import Recipe
from gansmith.core.suggest import unknown_name
from gansmith.presets.keywords import BOUNDS


@dataclass(frozen=True)
class Preset:
    """A preset and what is said about it.

    build: the function. data: what it is trained on by default. takes: what data it can be trained
    on, in words.
    cites: where it is from. paper: the keywords that have other values in the paper.
    bounds: of the keywords, by name; a number without any must be finite.
    """

    build: Callable[..., Recipe]
    data: str
    cites: str
    paper: dict[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, Interval] = field(default_factory=lambda: BOUNDS)
    takes: str = "images or points"

    @property
    def title(self) -> str:
        """The first line of the function's documentation."""
        return (inspect.getdoc(self.build) or self.build.__name__).splitlines()[0]

    def keywords(self, given: dict[str, Any], paper: bool = False) -> dict[str, Any]:
        """All keywords, resolved: defaults, then the paper's if asked for, then those given.

        Raises TypeError for a keyword that the preset does not have, and names the nearest;
        ValueError for a value beyond the keyword's bounds.
        """
        known = {
            name: parameter.default
            for name, parameter in inspect.signature(self.build).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY
        }
        for name in given:
            if name not in known:
                raise TypeError(unknown_name("keyword", name, known))
        check_bounds(given, self.bounds)
        return known | (self.paper if paper else {}) | given

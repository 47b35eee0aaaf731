"""A preset function out of one's own Python file, `my_file.py:my_preset`."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

from gansmith.core.python_file import load_from_file
from gansmith.core.recipe import Recipe


def from_file(name: str) -> Callable[..., Recipe]:
    """Run the file and take the function. Modules beside the file can be imported.

    Raises ValueError when there is no such file or function, or it imports what is not there;
    TypeError when the function is no preset: (spec, *, keyword: type = default, ...).
    """
    build = load_from_file(name)
    if not callable(build):
        raise TypeError(f"{name}: a preset is a function; got {type(build).__name__}")
    _check(build, name)
    return build


def _check(build: Callable[..., Any], name: str) -> None:
    hints = typing.get_type_hints(build)
    parameters = list(inspect.signature(build).parameters.values())
    for parameter in parameters[1:]:
        fine = parameter.kind is parameter.KEYWORD_ONLY and parameter.name in hints
        if not fine or parameter.default is parameter.empty:
            raise TypeError(
                f"{name}: a preset is a function (spec, *, keyword: type = default, ...); "
                f"{parameter.name!r} is not a keyword with a type and a default"
            )
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise TypeError(f"{name}: a preset takes the DataSpec first, then keywords after a *")

"""A preset function out of one's own Python file, `my_file.py:my_preset`."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gansmith.core.files import user_path
from gansmith.core.recipe import Recipe
from gansmith.core.suggest import unknown_name


def from_file(name: str) -> Callable[..., Recipe]:
    """Run the file and take the function.

    Raises ValueError when there is no such file or function, TypeError when the function is no
    preset: (spec, *, keyword: type = default, ...).
    """
    given, _, function = name.rpartition(":")
    path = str(user_path(given))
    if name.endswith(".py"):
        raise ValueError(f"{name!r}: say which of its functions is the preset, {name}:my_preset")
    if not (path.endswith(".py") and Path(path).is_file()):
        raise ValueError(f"{name!r}: expected an existing Python file and a function, file.py:name")
    own = f"gansmith.presets.from_file:{Path(path).absolute()}"
    spec = importlib.util.spec_from_file_location(own, path)
    assert spec is not None  # a .py file has a loader
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[own] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    build = vars(module).get(function)
    if not callable(build):
        own_functions = [
            k for k, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == own
        ]
        raise ValueError(unknown_name(f"function of {path}", function, own_functions))
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

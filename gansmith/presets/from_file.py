"""A preset function out of one's own Python file, `my_file.py:my_preset`."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from gansmith.core.files import user_path
from gansmith.core.recipe import Recipe
from gansmith.core.suggest import unknown_name


class _SourceLoader(SourceFileLoader):
    """Compiles what the file holds: a .pyc beside it might hold something else."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


class _Beside:
    """Finds the modules beside the latest preset file; sys.path stays as it is."""

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}

    def take(self, files: dict[str, Path]) -> None:
        """Find these modules from now on, and forget the earlier ones, loaded or not."""
        for name, file in self.files.items():
            if getattr(sys.modules.get(name), "__file__", None) == str(file):
                del sys.modules[name]
        self.files = files
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the import system asks."""
        if name in self.files:
            return _spec(name, self.files[name])
        if any(other.startswith(f"{name}.") for other in self.files):
            return ModuleSpec(name, None, is_package=True)  # a folder without __init__.py
        return None


_BESIDE = _Beside()


def from_file(name: str) -> Callable[..., Recipe]:
    """Run the file and take the function. Modules beside the file can be imported.

    Raises ValueError when there is no such file or function, or it imports what is not there;
    TypeError when the function is no preset: (spec, *, keyword: type = default, ...).
    """
    path, function = _split(name)
    own = f"gansmith.presets.from_file:{path}"
    spec = _spec(own, path)
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[own] = module  # dataclasses look their module up
    _, *beside = _sources(path).items()
    _BESIDE.take(dict(beside))
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise ValueError(
            f"{path} cannot be imported: {error}. Modules are looked for beside the file, by their "
            "absolute names, and among those that are installed"
        ) from error
    build = vars(module).get(function)
    if not callable(build):
        own_functions = [
            k for k, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == own
        ]
        raise ValueError(unknown_name(f"function of {path}", function, own_functions))
    _check(build, name)
    return build


def located(name: str) -> str:
    """file.py:function by the file's absolute path."""
    given, _, function = name.rpartition(":")
    return f"{user_path(given).absolute()}:{function}"


def file_contents(name: str) -> dict[str, bytes]:
    """What a preset's file holds, first, and what the modules beside it do that it imports.

    By their paths from the file's folder; nothing is executed. Raises ValueError as `from_file`.
    """
    path, _ = _split(name)
    files = _sources(path).values()
    return {file.relative_to(path.parent).as_posix(): file.read_bytes() for file in files}


def fingerprints(name: str) -> dict[str, str]:
    """The sha256 of each of `file_contents`."""
    contents = file_contents(name).items()
    return {file: hashlib.sha256(content).hexdigest() for file, content in contents}


def _split(name: str) -> tuple[Path, str]:
    given, _, function = name.rpartition(":")
    path = user_path(given).absolute()
    if name.endswith(".py"):
        raise ValueError(f"{name!r}: say which of its functions is the preset, {name}:my_preset")
    if not (path.suffix == ".py" and path.is_file()):
        raise ValueError(f"{name!r}: expected an existing Python file and a function, file.py:name")
    return path, function


def _sources(path: Path) -> dict[str, Path]:
    """The file, as "__main__", and the modules beside it that it imports, directly or not."""
    found = {"__main__": path}
    reading = ["__main__"]
    for name in reading:  # grows as it is read
        for wanted in _imports(name, found[name]):
            parts = wanted.split(".")
            for end in range(1, len(parts) + 1):
                module, place = ".".join(parts[:end]), path.parent.joinpath(*parts[:end])
                files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
                file = next((file for file in files if file.is_file()), None)
                if file is not None and module not in found and parts[0] != "gansmith":
                    found[module] = file
                    reading.append(module)
    return found


def _imports(name: str, file: Path) -> list[str]:
    """The absolute names that a module may import; `from a import b` names a and a.b."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{file} is not Python: {error}") from error
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = name.split(".")
            up = len(parents) - node.level + (file.name == "__init__.py")
            package = parents[:up] if node.level else []
            base = ".".join([*package, *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def _spec(name: str, file: Path) -> ModuleSpec:
    folder = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(
        name, file, loader=_SourceLoader(name, str(file)), submodule_search_locations=folder
    )
    assert spec is not None  # a loader is given
    return spec


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

"""What a Python file of one's own defines, named `my_file.py:name`: a preset, data, a metric."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from gansmith.core.files import user_path
from gansmith.core.suggest import unknown_name

NAMED = re.compile(r".+\.py:[^\W\d]\w*", re.DOTALL)
Files = dict[str, tuple[Path, str]]  # the file of each module, and its sha256


class _SourceLoader(SourceFileLoader):
    """Compiles what the file holds: a .pyc beside it might hold something else."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


class _Beside:
    """Finds the modules beside the files that were loaded; sys.path stays as it is."""

    def __init__(self) -> None:
        self.known: Files = {}

    def take(self, files: Files) -> None:
        """Find these modules from now on, anew where one of them is not what it was."""
        if any(self.known.get(name, file) != file for name, file in files.items()):
            for name in files:
                known, _ = self.known.get(name, (None, ""))
                if getattr(sys.modules.get(name), "__file__", None) == str(known):
                    del sys.modules[name]
        self.known |= files
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the import system asks."""
        if name in self.known:
            return _spec(name, self.known[name][0])
        if any(other.startswith(f"{name}.") for other in self.known):
            return ModuleSpec(name, None, is_package=True)  # a folder without __init__.py
        return None


_BESIDE = _Beside()
_LOADED: dict[Path, tuple[Files, ModuleType]] = {}  # what was executed, and what it defines


def in_python_file(name: str) -> bool:
    """Whether a name is file.py:name."""
    return NAMED.fullmatch(name) is not None


def load_from_file(name: str) -> Any:
    """What a file defines under the name in file.py:name.

    The file is executed, and once only while it and the modules beside it that it imports stay as
    they are. Raises ValueError when there is no such file, nothing of this name in it, or it
    imports what is not there.
    """
    path, wanted = _split(name)
    files = {module: (file, _sha256(file.read_bytes())) for module, file in _sources(path).items()}
    _BESIDE.take({module: file for module, file in files.items() if module != "__main__"})
    before, module = _LOADED.get(path, ({}, ModuleType("")))
    if before != files:
        module = _execute(path)
        _LOADED[path] = files, module
    if wanted not in vars(module):
        own = [k for k, v in vars(module).items() if getattr(v, "__module__", 0) == module.__name__]
        raise ValueError(unknown_name(f"name in {path}", wanted, own))
    return vars(module)[wanted]


def _execute(path: Path) -> ModuleType:
    own = f"gansmith.core.python_file:{path}"
    spec = _spec(own, path)
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[own] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise ValueError(
            f"{path} cannot be imported: {error}. Modules are looked for beside the file, by their "
            "absolute names, and among those that are installed"
        ) from error
    return module


@contextmanager
def own_code(name: str) -> Iterator[None]:
    """What is raised in the code of file.py:name, as a ValueError that says where."""
    try:
        yield
    except Exception as error:
        path, _ = _split(name)
        lines = [
            f"{Path(frame.filename).name}, line {frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(path.parent)
        ]
        where = f" ({lines[-1]})" if lines else ""
        raise ValueError(f"{name} raised {type(error).__name__}: {error}{where}") from error


def located(name: str) -> str:
    """The same name, valid from any folder."""
    given, _, function = name.rpartition(":")
    return f"{user_path(given).absolute()}:{function}"


def file_contents(name: str) -> dict[str, bytes]:
    """What the file of file.py:name holds, first, and the modules beside it that it imports.

    By their paths from the file's folder; nothing is executed. Raises ValueError as
    `load_from_file`.
    """
    path, _ = _split(name)
    files = _sources(path).values()
    return {file.relative_to(path.parent).as_posix(): file.read_bytes() for file in files}


def fingerprints(name: str) -> dict[str, str]:
    """The sha256 of each of `file_contents`."""
    return {file: _sha256(content) for file, content in file_contents(name).items()}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _split(name: str) -> tuple[Path, str]:
    given, _, function = name.rpartition(":")
    path = user_path(given).absolute()
    if name.endswith(".py"):
        raise ValueError(f"{name!r}: say which of its functions is meant, {name}:my_function")
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

"""The names of data: wrappers, then a named data set or a path, such as `grey:video8:photos/`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gansmith.core.files import user_path
from gansmith.core.python_file import in_python_file, located
from gansmith.data.catalog import is_named
from gansmith.data.hub_name import HUB, parse_hub_name
from gansmith.data.spec import DataError
from gansmith.data.wrappers import find_wrapper

OBJECT = "object:"  # before the type of a Python object that was given as data
OURS = "gansmith:"  # before a data set of the catalog, where a path has its name too


@dataclass(frozen=True)
class DataName:
    """A name of data in its parts; `str` gives it back.

    wrappers: from the outermost to the innermost, such as ("grey", "video8").
    base: a name in the catalog or of the hub, a path, a file.py:name, or what stands for an object
        in Python.
    """

    wrappers: tuple[str, ...]
    base: str

    def __str__(self) -> str:
        return ":".join((*self.wrappers, self.base))

    @property
    def is_path(self) -> bool:
        """Whether the base is the path of data."""
        return not (is_named(self.base) or self.is_code or self.is_object)

    @property
    def is_code(self) -> bool:
        """Whether the base is file.py:name, so that opening it executes the file."""
        return in_python_file(self.base)

    @property
    def is_object(self) -> bool:
        """Whether the base stands for an object in Python, which no name finds again."""
        return self.base.startswith(OBJECT)

    @property
    def path(self) -> Path:
        """The base as a path, with ~ expanded."""
        return user_path(self.base)

    def absolute(self) -> DataName:
        """The same name, valid from any folder: the path of the base is made absolute."""
        if self.base.startswith(HUB):
            return replace(self, base=str(parse_hub_name(self.base).absolute()))
        if self.is_code:
            return replace(self, base=located(self.base))
        return replace(self, base=str(self.path.absolute())) if self.is_path else self

    def placeless(self) -> DataName:
        """The same without the place of a path."""
        if self.base.startswith(HUB):
            return replace(self, base=str(parse_hub_name(self.base).placeless()))
        return replace(self, base=self.path.name) if self.is_path else self


def parse_name(name: str | Path) -> DataName:
    """The wrappers and the base of a name of data; the base of a Path is one, where it exists."""
    rest = str(name)
    wrappers: list[str] = []
    while True:
        prefix, colon, inner = rest.partition(":")
        if not (colon and inner and find_wrapper(prefix)):
            if is_named(rest) and isinstance(name, Path) and Path(rest).exists():
                rest = f"./{rest}"
            elif is_named(rest.removeprefix(OURS)):
                rest = rest.removeprefix(OURS)
            return DataName(tuple(wrappers), rest)
        wrappers.append(prefix)
        rest = inner


def given_name(name: Any) -> DataName:
    """The name of data that a person gives, or what stands for it in the case of a Python object.

    Raises DataError where it is a data set of the catalog, and a path here as well.
    """
    if isinstance(name, DataName):
        return name
    if not isinstance(name, str | Path):
        return DataName((), OBJECT + type(name).__name__)
    parsed = parse_name(name)
    if not parsed.is_path and OURS not in str(name) and parsed.path.exists():
        path, ours = (replace(parsed, base=x + parsed.base) for x in ("./", OURS))
        raise DataError(
            f"{parsed.base} is a data set of Gansmith, and a path of that name is in this folder: "
            f"give {path} for the path, or {ours} for the data set"
        )
    return parsed

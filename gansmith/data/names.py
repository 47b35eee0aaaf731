"""The names of data: wrappers, then a named data set or a path, such as `grey:video8:photos/`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gansmith.core.files import user_path
from gansmith.data.catalog import is_named
from gansmith.data.spec import DataError
from gansmith.data.wrappers import find_wrapper

OURS = "gansmith:"  # before a data set of the catalog, where a path has its name too


@dataclass(frozen=True)
class DataName:
    """A name of data in its parts; `str` gives it back.

    wrappers: from the outermost to the innermost, such as ("grey", "video8").
    base: a name in the catalog, or a path.
    """

    wrappers: tuple[str, ...]
    base: str

    def __str__(self) -> str:
        return ":".join((*self.wrappers, self.base))

    @property
    def is_path(self) -> bool:
        """Whether the base is no data set of the catalog."""
        return not is_named(self.base)

    @property
    def path(self) -> Path:
        """The base as a path, with ~ expanded."""
        return user_path(self.base)

    def absolute(self) -> DataName:
        """The same name, valid from any folder: the path of the base is made absolute."""
        return replace(self, base=str(self.path.absolute())) if self.is_path else self


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


def given_name(name: str | Path | DataName) -> DataName:
    """The name of data that a person gives.

    Raises DataError where it is a data set of the catalog, and a path here as well.
    """
    if isinstance(name, DataName):
        return name
    parsed = parse_name(name)
    if not parsed.is_path and OURS not in str(name) and parsed.path.exists():
        path, ours = (replace(parsed, base=x + parsed.base) for x in ("./", OURS))
        raise DataError(
            f"{parsed.base} is a data set of Gansmith, and a path of that name is in this folder: "
            f"give {path} for the path, or {ours} for the data set"
        )
    return parsed

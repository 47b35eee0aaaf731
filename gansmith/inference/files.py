"""Which files there are to answer."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from gansmith.data import DataError


def files_at(source: Path, extensions: Collection[str], what: str, wanted: str) -> list[Path]:
    """The file `source`, or every file below the folder `source` that ends so, in order of names.

    what, wanted: for what is said, as "pictures" and "a picture or a folder of pictures".
    Raises DataError where there is none.
    """
    if source.is_dir():
        files = sorted(p for p in source.rglob("*") if p.suffix.lower() in extensions)
        if not files:
            raise DataError(f"{source} holds no {what} ({', '.join(extensions)})")
        return files
    if not source.is_file():
        raise DataError(f"{source} does not exist; give {wanted}")
    return [source]

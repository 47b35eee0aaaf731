"""The lines of a text file, and the names of files that it has."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from gansmith.data.readers.file_list import as_text
from gansmith.data.spec import DataError


def read_lines(file: BinaryIO, where: str) -> Iterator[str]:
    """The lines of a text in UTF-8, with or without its mark; the last one may have no end.

    They are read one by one, so that a large file is never in memory as a whole.

    A line ends at a newline, a carriage return or both. (`str.splitlines` also cuts sentences at
    U+2028, U+0085 and the like.) where: what the text is called in an error.
    Raises DataError naming the first line that is not UTF-8, or that holds NUL as UTF-16 does.
    """
    # Latin-1 leaves every byte as it is: only the ends of the lines are found here.
    for number, text in enumerate(io.TextIOWrapper(file, "latin-1", newline=None), start=1):
        line = text.removesuffix("\n").encode("latin-1")
        try:
            decoded = (line.removeprefix(BOM_UTF8) if number == 1 else line).decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{where}:{number} is not UTF-8 ({error.reason} at byte {error.start} of the "
                "line); convert the file to UTF-8"
            ) from error
        if "\0" in decoded:
            raise DataError(
                f"{where}:{number} holds NUL bytes, as UTF-16 does; convert the file to UTF-8"
            )
        yield decoded


def listed_name(file: str, name: str) -> str:
    """The name, below the root, of a file that the file called `file` lists by its own folder.

    It may have been written on Windows, with backslashes.
    """
    return as_text(str(PurePosixPath(file).parent / name.replace("\\", "/")))

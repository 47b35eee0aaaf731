"""The lines of a text file, and the names of files that it has."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import PurePosixPath

from gansmith.data.readers.file_list import as_text
from gansmith.data.spec import DataError


def read_lines(raw: bytes, where: str) -> list[str]:
    """The lines of a text in UTF-8, with or without its mark; the last one may have no end.

    A line ends at a newline, a carriage return or both. (`str.splitlines` also cuts sentences at
    U+2028, U+0085 and the like.) where: what the text is called in an error.
    Raises DataError naming the first line that is not UTF-8, or that holds NUL as UTF-16 does.
    """
    lines = []
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", raw.removeprefix(BOM_UTF8)), start=1):
        try:
            lines.append(line.decode())
        except UnicodeDecodeError as error:
            raise DataError(
                f"{where}:{number} is not UTF-8 ({error.reason} at byte {error.start} of the "
                "line); convert the file to UTF-8"
            ) from error
        if "\0" in lines[-1]:
            raise DataError(
                f"{where}:{number} holds NUL bytes, as UTF-16 does; convert the file to UTF-8"
            )
    return lines if lines[-1] else lines[:-1]


def listed_name(file: str, name: str) -> str:
    """The name, below the root, of a file that the file called `file` lists by its own folder.

    It may have been written on Windows, with backslashes.
    """
    return as_text(str(PurePosixPath(file).parent / name.replace("\\", "/")))

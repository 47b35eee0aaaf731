"""The gate before a file of code that a folder names is executed: trusted, and as it was."""

from __future__ import annotations

from pathlib import Path

from gansmith.core.python_file import fingerprints

CODE_COPIES = "code"  # the folder, in a run's, of the copies of its files of code
PRESET_COPY = f"{CODE_COPIES}/preset"


class UntrustedError(ValueError):
    """A run that names code in a file, which is not executed unless the person says so."""


class ChangedCodeError(ValueError):
    """A file of code, or a module that it imports, is not what the run began with."""


def check_code(part: str, name: str, trusted: bool, where: Path, files: dict[str, str]) -> None:
    """Refuse to execute the file of a file.py:name that a folder names, unless it may be.

    part: what it is to the run, as in `Config.code_names`.
    files: its `fingerprints` when the run began; {} where none are known.
    Raises UntrustedError unless trusted; ChangedCodeError where that file has moved or changed.
    """
    kind = part.partition("-")[0]
    if not trusted:
        raise UntrustedError(
            f"the {kind} of {where} is code in the file {name.rpartition(':')[0]}. Going on "
            "executes that file, which can do all that you can. Read it, with the modules beside "
            "it that it imports, and if you trust it give --trust (in Python: trust=True)"
        )
    if files and (changed := _changed_files(name, files)):
        movable = part in ("preset", "data")
        now = f", or say by --{part} FILE.py:NAME where it is now" if movable else ""
        raise ChangedCodeError(
            f"{', '.join(changed)} of the {kind} {name} changed or moved since it was begun. "
            f"{where.parent / CODE_COPIES / part} holds a copy of what was used: compare, and "
            f"restore it{now}, or start a new run from this one: gansmith train "
            f"{'FILE.py:NAME' if part == 'preset' else 'PRESET'} --from {where.parent}"
        )


def _changed_files(name: str, before: dict[str, str]) -> list[str]:
    """The files of a name that are not as before; its own file, the first, may be renamed."""
    (own, digest), *others = before.items()
    if not Path(name.rpartition(":")[0]).is_file():
        return [own]
    (_, digest_now), *others_now = fingerprints(name).items()
    changed = {file for file, _ in set(others) ^ set(others_now)}
    return [own] * (digest != digest_now) + sorted(changed)

"""The gate before a preset's file that a folder names is executed: trusted, and as it was."""

from __future__ import annotations

from pathlib import Path

from gansmith.presets import Preset, find_preset, fingerprints, is_file

PRESET_COPY = "preset"  # the folder, in a run's, of the copy of its preset's file


class UntrustedError(ValueError):
    """A run that names a preset in a file, which is not executed unless the person says so."""


class ChangedPresetError(ValueError):
    """A preset's file, or a module that it imports, is not what the run began with."""


def trusted_preset(name: str, trusted: bool, where: Path, files: dict[str, str]) -> Preset:
    """The preset that a file from somewhere names.

    files: the `fingerprints` of the preset's file when the run began; {} where none are known.
    Raises UntrustedError for a preset in a Python file, which would be executed, unless trusted;
    ChangedPresetError, before it is executed, where that file has moved or changed.
    """
    if is_file(name) and not trusted:
        raise UntrustedError(
            f"{where} names a preset in the file {name.rpartition(':')[0]}. Going on executes that "
            "file, which can do all that you can. Read it, with the modules beside it that it "
            "imports, and if you trust it give --trust (in Python: trust=True)"
        )
    if files and (changed := _changed_files(name, files)):
        raise ChangedPresetError(
            f"{', '.join(changed)} of the preset {name} changed or moved since it was begun. "
            f"{where.parent / PRESET_COPY} holds a copy of what was used: compare, and restore it, "
            "or say by --preset FILE.py:NAME where it is now, or start a new run from this one: "
            f"gansmith train FILE.py:NAME --from {where.parent}"
        )
    return find_preset(name)


def _changed_files(name: str, before: dict[str, str]) -> list[str]:
    """The files of a preset that are not as before; its own file, the first, may be renamed."""
    (own, digest), *others = before.items()
    if not Path(name.rpartition(":")[0]).is_file():
        return [own]
    (_, digest_now), *others_now = fingerprints(name).items()
    changed = {file for file, _ in set(others) ^ set(others_now)}
    return [own] * (digest != digest_now) + sorted(changed)

"""The options of `gansmith train` that repeat a run: out of a file, as words, as TOML."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gansmith.core.files import user_path
from gansmith.data import parse_name
from gansmith.runs.config import FILE, Config

SHARED = ("seed", "sample_every", "micro", "precision", "clip", "compile")
FLAGS = ("paper", "skip_bad", "compile", "dry_run", "trust")  # those without a --no-FLAG


def options_of(config: Config) -> dict[str, Any]:
    """All options that repeat a run but its folder, by name; the preset's keywords are the last.

    What is not asked for is left out.
    """
    length = {"steps": config.steps} if config.minutes is None else {"minutes": config.minutes}
    general = {"preset": config.preset, "data": data_option(config.data)} | length | config.options
    general |= {name: getattr(config, name) for name in SHARED}
    general |= {"metrics": ",".join(config.metrics), "from": config.began_from, "log": config.log}
    keywords = as_options({k: v for k, v in config.keywords.items() if k != "steps"})
    asked = {k: v for k, v in general.items() if v is not None and (v or k not in FLAGS)}
    return {name: value for name, value in (asked | keywords).items() if value != ""}


def data_option(data: str) -> str:
    """The name of a run's data as an option: an object in Python is given by a file of code."""
    return "FILE.py:NAME" if parse_name(data).is_object else data


def as_options(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords of a preset as options: `no_KEYWORD = True` for one that is None."""
    return {
        f"no_{name}" if value is None else name: True if value is None else value
        for name, value in keywords.items()
    }


def repeat_command(config: Config, defaults: Mapping[str, Any]) -> str:
    """The command that repeats a run; of a path only the name, since it is shown to others.

    defaults: of the preset's keywords; these need not be given.
    """
    usual = as_options(defaults) | {"seed": 0, "micro": 1, "precision": "float32"}
    options = {k: v for k, v in options_of(config).items() if k not in usual or v != usual[k]}
    data = parse_name(config.data)
    if data.is_path:
        options["data"] = str(replace(data, base=data.path.name))
    for name, value in options.items():
        if isinstance(value, str):
            parts = [Path(x).name if Path(x).is_absolute() else x for x in value.split(",")]
            options[name] = ",".join(parts)
    return shlex.join(["gansmith", "train", *to_words(options)])


def read_options(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """Options out of a file: TOML with a key for each, or config.json of a run, or its folder.

    Dashes in names are read as underscores. Returns the options, and `Config.code` where
    the file has them. Raises ValueError for what is no such file, FileNotFoundError where there is
    none.
    """
    path = user_path(path)
    if path.is_dir() or path.name == FILE:
        config = Config.load(path if path.is_dir() else path.parent)
        return options_of(config), config.code
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path} to read options from")
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:  # also for bytes that are no text
        raise ValueError(
            f"{path} is no TOML file of options, nor the {FILE} of a run: {error}"
        ) from error
    options = {name.replace("-", "_"): value for name, value in table.items()}
    for name, value in options.items():
        if isinstance(value, list) and all(isinstance(x, str) for x in value):
            options[name] = ",".join(value)
        elif not isinstance(value, str | int | float | bool):
            raise ValueError(
                f"{path}: {name} must be a number, text, true or false, or a list of names, as in "
                f"the file that `gansmith train --print-config` prints; got {value!r}"
            )
    return options, {}


def to_toml(options: Mapping[str, Any]) -> str:
    """Options as a TOML file that `read_options` reads."""
    # A JSON string is one of TOML, but for escapes of half a character, and for DEL.
    return "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
        for name, value in options.items()
    )


def to_words(options: Mapping[str, Any]) -> list[str]:
    """Options as the words of a command; the preset is the first."""
    words = [str(options["preset"])] if "preset" in options else []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            if value or name not in FLAGS:
                words.append(option if value else f"--no-{option[2:]}")
        elif name != "preset":
            words += [option, str(value)]
    return words


def without(options: Mapping[str, Any], words: Iterable[str]) -> dict[str, Any]:
    """The options that the words of a command do not give themselves, in one form or another."""
    names = {
        word.partition("=")[0].lstrip("-").replace("-", "_") for word in words if word[:1] == "-"
    }
    given = {name.removeprefix("no_") for name in names} | ({"out"} if "o" in names else set())
    if given & {"steps", "minutes"}:
        given |= {"steps", "minutes"}
    return {k: v for k, v in options.items() if k.removeprefix("no_") not in given}

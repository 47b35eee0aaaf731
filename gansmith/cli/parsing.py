"""How words are read into a dataclass of options, and the options that commands share.

Nothing heavy is imported here, so that help comes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import tyro
from tyro.conf import DisallowNone, FlagCreatePairsOff, OmitArgPrefixes, Positional, arg

from gansmith.core.bounds import check_bounds
from gansmith.core.files import user_path
from gansmith.core.suggest import closest_match

T = TypeVar("T")
POSITIONAL = get_args(Positional[int])[1]  # how tyro marks what stands by its place
NAMED = {"begin_from": "from"}  # options of another name than their field
STYLE = (OmitArgPrefixes, DisallowNone)


def absent(metavar: str, **more: Any) -> object:
    """An option that is None when it is not given: the help says so in its own words."""
    return arg(metavar=metavar, help_behavior_hint="", **more)


RunFolder = Annotated[Positional[Path], arg(metavar="RUN")]
Out = Annotated[Path | None, absent("FOLDER", aliases=["-o"])]
Count = Annotated[int, arg(name="n", aliases=["-n"], metavar="INT")]
Checkpoint = Annotated[str, arg(metavar="best|latest|STEP")]
MovedPreset = Annotated[str | None, absent("FILE.py:NAME")]
MovedData = Annotated[str | None, absent("NAME|PATH")]
Flag = Annotated[FlagCreatePairsOff[bool], arg(help_behavior_hint="")]


class UnknownOptionError(ValueError):
    """An option that a command does not have.

    option: the word that was given.
    """

    def __init__(self, message: str, option: str) -> None:
        super().__init__(message)
        self.option = option


def parse(kind: Callable[..., T], words: list[str], prog: str, description: str = "") -> T:
    """Words as an instance of a dataclass of options.

    Paths may begin with ~. Raises ValueError for an option that there is not, naming the nearest,
    for an empty one and for a number beyond its bounds; prints help, or what is wrong with the form
    of a value, and exits.
    """
    _refuse_empty(words)
    given, unknown = tyro.cli(
        kind,
        args=words,
        prog=prog,
        description=description or None,
        return_unknown_args=True,
        config=STYLE,
    )
    if unknown:
        raise _unknown(unknown, option_names(kind), prog)
    _check(given)
    return given


def take_option(option: str, words: list[str]) -> tuple[list[str], list[str]]:
    """The values of an option, "" where one is missing, and the other words."""
    values, rest = [], []
    left = iter(words)
    for word in left:
        name, equals, value = word.partition("=")
        if name != option:
            rest.append(word)
        else:
            values.append(value if equals else next(left, ""))
    return values, rest


def _refuse_empty(words: list[str]) -> None:
    for before, word in zip(["", *words], words, strict=False):
        name, equals, value = word.partition("=")
        if name.startswith("--") and equals and not value.strip():
            before, word = name, value
        if not word.strip():
            what = before if before.startswith("-") else "a word"
            raise ValueError(f"{what} is empty; leave it out")


def _check(given: Any) -> None:
    """Check the bounds of the command's own options; a preset checks those of its keywords."""
    if hasattr(given, "general"):
        given = given.general
    check_bounds(vars(given))
    for name, value in vars(given).items():
        if isinstance(value, Path):
            setattr(given, name, user_path(value))
        elif isinstance(value, tuple):
            setattr(given, name, tuple(user_path(x) if isinstance(x, Path) else x for x in value))


def as_option(field: str) -> str:
    """A field of a dataclass of options as a person types it: --dry-run for dry_run."""
    return f"--{NAMED.get(field, field).replace('_', '-')}"


def option_names(kind: Any) -> list[str]:
    """The options of a dataclass of options, those of its parts included."""
    names: list[str] = []
    hints = get_type_hints(kind, include_extras=True)
    for part in fields(kind):
        own, *extras = get_args(hints[part.name]) or [hints[part.name]]
        if is_dataclass(own):
            names += option_names(own)
        elif POSITIONAL not in extras:
            said = next((name for x in extras if (name := getattr(x, "name", None))), part.name)
            names.append(f"--{said.replace('_', '-')}")
    return names


def _unknown(unknown: list[str], known: list[str], prog: str) -> ValueError:
    options = [word for word in unknown if word.startswith("-")]
    if not options:
        return ValueError(f"{unknown[0]!r} was not expected here; see `{prog} --help`")
    name = options[0].split("=")[0]
    meant = closest_match(name.strip("-").replace("_", "-"), [word.strip("-") for word in known])
    hint = f"; did you mean --{meant}?" if meant else "."
    return UnknownOptionError(f"there is no option {name}{hint} See `{prog} --help`", name)

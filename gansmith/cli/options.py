"""A preset's keywords as options of `gansmith train PRESET`, read off its signature."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from typing import Annotated, Any, TypeVar

from tyro.conf import arg

from gansmith.cli.commands import parse
from gansmith.presets import find_preset

T = TypeVar("T")
GENERAL = ("steps",)  # keywords that are options of every preset


def parse_with_preset(
    general: type[T], name: str, words: list[str], command: str = "train"
) -> tuple[T, dict[str, Any]]:
    """Parse a command's options together with those of a preset.

    general: the dataclass of the options that every preset has. command: which it is.
    Returns it, and the preset's keywords that were given on the command line.
    Raises ValueError for an unknown preset or option, TypeError for a preset whose keyword bears
    the name of an option that every preset has.
    """
    preset = find_preset(name)
    own = preset_options(preset.build, preset.paper if "--paper" in words else {})
    clash = {f.name for f in fields(own)} & {f.name for f in fields(general)}  # type: ignore[arg-type]
    if clash:
        raise TypeError(
            f"the preset {name} has a keyword {min(clash)!r}, which every preset has as an option "
            "already; choose another name"
        )
    both = make_dataclass(
        "both",
        [
            ("preset", Annotated[own, arg(name=_short(name), help="")]),
            ("general", Annotated[general, arg(name=command, help="")]),
        ],
    )
    parsed: Any = parse(both, words, f"gansmith {command} {name}", about(preset.build))
    fresh = own()
    given = {k: v for k, v in vars(parsed.preset).items() if v != getattr(fresh, k)}
    return parsed.general, given


def preset_options(build: Callable[..., Any], paper: dict[str, Any]) -> type:
    """A dataclass with a field for each keyword of a preset, default and help included."""
    hints = typing.get_type_hints(build)
    helps = keyword_lines(inspect.getdoc(build) or "")
    options = [
        (
            name,
            Annotated[hints[name], _option(hints[name], helps.get(name, ""), default)],
            field(default=default),
        )
        for name, parameter in inspect.signature(build).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name not in GENERAL
        for default in [paper.get(name, parameter.default)]
    ]
    return make_dataclass("preset", options)


def _option(hint: Any, text: str, default: Any) -> Any:
    """The help of a keyword; where None is the default, its text says what that means."""
    return arg(help=text, help_behavior_hint="") if default is None else arg(help=text)


def about(build: Callable[..., Any]) -> str:
    """What a preset's documentation says before it comes to the keywords."""
    said: list[str] = []
    for line in (inspect.getdoc(build) or "").splitlines():
        if said and re.match(KEYWORD, line):
            break
        said.append(line)
    return "\n".join(said).strip()


def _short(name: str) -> str:
    """my_preset for path/my_file.py:my_preset."""
    return name.rpartition(":")[2]


KEYWORD = r"(\w+): (.*)"


def keyword_lines(doc: str) -> dict[str, str]:
    """The lines `name: text` of a docstring, with their indented continuations."""
    found: dict[str, str] = {}
    last = ""
    for line in doc.splitlines()[1:]:
        if match := re.match(KEYWORD, line):
            last, found[match[1]] = match[1], match[2]
        elif last and line.startswith(" "):
            found[last] += " " + line.strip()
        else:
            last = ""
    return found

"""A preset's keywords as options of `gansmith train PRESET`, read off its signature."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from typing import Annotated, Any, TypeVar

from tyro.conf import arg

from gansmith.cli.parsing import parse
from gansmith.presets import find_preset
from gansmith.presets.keywords import keyword_help, summary

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
    words, switched_off = _switched_off(preset.build, words)
    own = preset_options(preset.build, preset.paper if "--paper" in words else {})
    taken = {"device"} | {f.name for f in fields(general)}  # type: ignore[arg-type]
    if clash := {f.name for f in fields(own)} & taken:
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
    parsed: Any = parse(
        both, words, f"gansmith {command} {name}", summary(inspect.getdoc(preset.build) or "")
    )
    fresh = own()
    given = {k: v for k, v in vars(parsed.preset).items() if v != getattr(fresh, k)}
    if twice := sorted(given.keys() & switched_off.keys()):
        option = twice[0].replace("_", "-")
        raise ValueError(f"--{option} and --no-{option} exclude each other")
    return parsed.general, given | switched_off


def _switched_off(build: Callable[..., Any], words: list[str]) -> tuple[list[str], dict[str, Any]]:
    """The words without `--no-KEYWORD` of keywords that may be None; these keywords, as None."""
    names = {
        f"--no-{name.replace('_', '-')}": name
        for name, hint in typing.get_type_hints(build).items()
        if type(None) in typing.get_args(hint)
    }
    rest = [word for word in words if word not in names]
    return rest, {names[word]: None for word in words if word in names}


def preset_options(build: Callable[..., Any], paper: dict[str, Any]) -> type:
    """A dataclass with a field for each keyword of a preset, default and help included."""
    hints = typing.get_type_hints(build)
    helps = keyword_help(build)
    options = [
        (
            name,
            Annotated[hints[name], _option(name, hints[name], helps.get(name, ""), default)],
            field(default=default),
        )
        for name, parameter in inspect.signature(build).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name not in GENERAL
        for default in [paper.get(name, parameter.default)]
    ]
    return make_dataclass("preset", options)


def _option(name: str, hint: Any, text: str, default: Any) -> Any:
    """The help of a keyword; its text says what None means, where it may be None."""
    if default is None:
        return arg(help=text, help_behavior_hint="")
    if type(None) in typing.get_args(hint):
        return arg(help=f"{text} --no-{name.replace('_', '-')} for None.")
    return arg(help=text)


def _short(name: str) -> str:
    """my_preset for path/my_file.py:my_preset."""
    return name.rpartition(":")[2]

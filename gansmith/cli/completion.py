"""gansmith completion: a script by which a shell completes commands, presets and options.

The script holds all names, so that a press of Tab starts no Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Literal, get_args, get_type_hints

from tyro.conf import Positional, arg

from gansmith.cli.parsing import option_names, parse

SCRIPT = """# Completion for gansmith, of bash, and of zsh through bashcompinit.
[ -n "$ZSH_VERSION" ] && autoload -U +X compinit bashcompinit && compinit && bashcompinit
_gansmith() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} words=
  local command=${{COMP_WORDS[1]}} preset=${{COMP_WORDS[2]}}
  case $prev in
{values}
  esac
  if [ -n "$words" ]; then :
  elif [ "$COMP_CWORD" -eq 1 ]; then
    words="{commands}"
  elif [ "${{cur#-}}" != "$cur" ]; then
    case $command in
{options}
    esac
    case $command:$preset in
{keywords}
    esac
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case $command in
{first}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _gansmith gansmith
"""


@dataclass
class CompletionOptions:
    """Print a script by which the shell completes commands, presets and options:
    source <(gansmith completion bash), or write it into a file that the shell reads when it starts.

    Args:
        shell: the shell.
    """

    shell: Annotated[Positional[Literal["bash", "zsh"]], arg(metavar="bash|zsh")]


def main(words: list[str]) -> None:
    """Print the script."""
    parse(CompletionOptions, words, "gansmith completion")
    print(script(), end="")


def script() -> str:
    """The script, for bash and zsh alike."""
    from gansmith.cli import COMMANDS
    from gansmith.cli.list import LISTS
    from gansmith.cli.preset_options import preset_options
    from gansmith.data import DATA
    from gansmith.objectives import OBJECTIVES
    from gansmith.penalties import PENALTIES
    from gansmith.presets import PRESETS
    from gansmith.runs.loggers import LOGGERS

    kinds = {
        name: vars(import_module(f"gansmith.cli.{name}"))[f"{name.capitalize()}Options"]
        for name in COMMANDS
    }
    data = [name for name in DATA if ":" not in name]  # at which bash begins another word
    values: dict[str, Iterable[str]] = {
        "--data": data,
        "--against": data,
        "--device": ("auto", "cpu", "cuda", "mps"),
        "--checkpoint": ("best", "latest"),
        "--log": LOGGERS,
        "--objective": OBJECTIVES,
        "--penalty": PENALTIES,
        "--preset": PRESETS,
    }
    for kind in kinds.values():
        values |= _choices(kind)
    first: dict[str, Iterable[str]] = {
        "train|sweep": PRESETS,
        "list": LISTS,
        "lab": ("list", "run", "report"),
    }
    first["completion"] = ("bash", "zsh")
    keywords = {
        f"train:{name}|sweep:{name}": option_names(preset_options(preset.build, {}))
        for name, preset in PRESETS.items()
    }
    options = {name: [*option_names(kind), "--device", "--help"] for name, kind in kinds.items()}
    return SCRIPT.format(
        commands=" ".join(COMMANDS),
        values=_cases(values, "words="),
        options=_cases(options, "words="),
        keywords=_cases(keywords, 'words="$words "'),
        first=_cases(first, "words="),
    )


def _cases(words: Mapping[str, Iterable[str]], before: str) -> str:
    """A branch of a `case` for each pattern."""
    return "\n".join(
        f'      {what}) {before}"{" ".join(those)}" ;;' for what, those in words.items()
    )


def _choices(kind: type) -> dict[str, tuple[str, ...]]:
    """The values of the options that have a list of them."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        for choice in (hint, *get_args(hint)):
            if getattr(choice, "__origin__", None) is Literal:
                found[f"--{name.replace('_', '-')}"] = tuple(map(str, get_args(choice)))
    return {name: found[name] for name in found if name in option_names(kind)}

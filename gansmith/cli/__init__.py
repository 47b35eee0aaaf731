"""The command line: a file for each command, whose `main` takes the words behind it.

Nothing heavy is imported before a command needs it, so that help comes at once.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from importlib import import_module
from io import TextIOWrapper

from rich.console import Console

from gansmith.cli.console import console, printable
from gansmith.core.files import survive_closed_stderr
from gansmith.core.suggest import unknown_name

COMMANDS = (
    "train",
    "sweep",
    "sample",
    "translate",
    "encode",
    "classify",
    "evaluate",
    "diagnose",
    "export",
    "push",
    "pull",
    "lab",
    "report",
    "list",
    "examples",
    "completion",
)

SKIPPING = ("train", "sweep", "translate", "encode", "classify")  # commands with --skip-bad

ABOUT = """gansmith: train, measure and use generative adversarial networks on your own data.

  gansmith train                      images of clothes, learned in four minutes
  gansmith train --data DIR           your own data, by the preset that suits it
  gansmith train wgan-gp --data DIR   by a preset of your choice
  gansmith train my_file.py:mine      a preset of your own
  gansmith train --resume RUN         continue a run
  gansmith sweep PRESET               a search over its keywords
  gansmith sample RUN                 a sheet of samples
  gansmith translate RUN FOLDER       apply a run to files: images, clips, audio, text
  gansmith encode RUN FOLDER          the codes of images
  gansmith classify RUN FOLDER        the classes of images
  gansmith evaluate RUN               measure a run against held-out data
  gansmith evaluate A B --against D   compare runs and folders of samples
  gansmith diagnose RUN               what is wrong with it, and what to try
  gansmith export RUN                 the generator for use without gansmith
  gansmith push RUN USER/NAME         share a run on a model hub
  gansmith pull USER/NAME FOLDER      fetch a shared run
  gansmith report RUN                 one page that opens offline
  gansmith lab list                   claims about GANs as experiments; lab run ID, lab report
  gansmith list presets               also: objectives, penalties, data, runs
  gansmith examples FOLDER            files to try these commands on
  gansmith completion bash            a script by which the shell completes all of this

`gansmith COMMAND --help` explains a command, `gansmith train PRESET --help` a preset.
--device auto|cpu|cuda|mps, with any command, chooses the device; auto takes CUDA if there is one.
GANSMITH_TRACE=1 shows where in the code an error was raised.
"""


def main(words: list[str] | None = None) -> None:
    """Run a command; a mistake ends in one clear line and exit status 2."""
    _print_all_letters()
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help"):
        console.print(ABOUT, markup=False)
        return
    if words[0] == "--version":
        from gansmith.version import __version__

        console.print(f"gansmith {__version__}")
        return
    command, rest = words[0], words[1:]
    try:
        if command not in COMMANDS:
            raise ValueError(unknown_name("command", command, COMMANDS))
        rest = _choose_device(rest)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            import_module(f"gansmith.cli.{command}").main(rest)
    except BrokenPipeError:  # whoever reads has seen enough, as `| head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (
        ValueError, TypeError, OSError, RuntimeError, ArithmeticError, MemoryError, ImportError
    ) as error:  # fmt: skip
        if os.environ.get("GANSMITH_TRACE"):
            raise
        may_skip = command in SKIPPING and "--resume" not in rest
        _complain(f"gansmith {command}: {_sentence(error, may_skip)}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _complain(line: str) -> None:
    with survive_closed_stderr():
        Console(stderr=True, soft_wrap=True).print(printable(line), highlight=False)


def _show_warning(message: Warning | str, *where: object, **more: object) -> None:
    """A warning as a sentence, without the place in the code."""
    _complain(f"gansmith: {message}")


def _choose_device(words: list[str]) -> list[str]:
    """The words without `--device KIND`, which is obeyed."""
    rest: list[str] = []
    left = iter(words)
    for word in left:
        option, equals, value = word.partition("=")
        if option != "--device":
            rest.append(word)
            continue
        from gansmith.core.distributed import choose_device

        choose_device(value if equals else next(left, ""))
    return rest


def _sentence(error: Exception, may_skip: bool) -> str:
    """What went wrong, in words also where Python gives none, and what it was about.

    may_skip: whether the command has --skip-bad.
    """
    found = str(error)
    some_left = getattr(error, "some_left", None)  # of an UnusableFilesError, imported by now
    if some_left is not None:
        skip = ", or leave them out with --skip-bad" if may_skip and some_left else ""
        found = f"{getattr(error, 'facts', '')}\nRepair or remove them{skip}"
    if isinstance(error, MemoryError):
        found = f"memory ran out; take less at one time, or a smaller size {found}".strip()
    return found + "".join(getattr(error, "__notes__", ()))


def _print_all_letters() -> None:
    """Escape letters of names that the terminal lacks, in the place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

"""The command line: gansmith train | sweep | sample | translate | evaluate | export | ...

Nothing heavy is imported before a command needs it, so that help comes at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from gansmith.cli.commands import (
    Diagnose,
    Evaluate,
    Export,
    Lab,
    List,
    Report,
    Sample,
    Sweep,
    Train,
    Translate,
    parse,
)

if TYPE_CHECKING:
    from gansmith.runs.run import Run

console = Console(highlight=False, soft_wrap=True)

ABOUT = """gansmith: train, measure and use generative adversarial networks on your own data.

  gansmith train                      the best pictures this machine makes in four minutes
  gansmith train wgan-gp --data DIR   a preset on your own pictures
  gansmith train my_file.py:mine      a preset of your own
  gansmith train --resume RUN         go on where a run stopped
  gansmith sweep PRESET               a search over its keywords
  gansmith sample RUN                 a sheet of samples
  gansmith translate RUN FOLDER       pictures of a folder in another style, clips continued
  gansmith evaluate RUN               its numbers, with how they were computed
  gansmith evaluate A B --against D   runs and folders side by side
  gansmith diagnose RUN               what is wrong with it, and what to try
  gansmith export RUN                 the generator for use without gansmith
  gansmith report RUN                 one page that opens offline
  gansmith lab list                   claims about GANs as experiments; lab run ID, lab report
  gansmith list presets               also: objectives, penalties, data, runs

`gansmith COMMAND --help` explains a command, `gansmith train PRESET --help` a preset.
GANSMITH_TRACE=1 shows where in the code an error was raised.
"""


def train(words: list[str]) -> None:
    """gansmith train: parse the preset's own options too, plan, check, play, report."""
    name, words = _named(words)
    options, keywords = _train_options(name, words)
    if options.resume is not None:
        _resume(name, options, keywords)
        return
    from gansmith.api import MINUTES, PRESET, plan
    from gansmith.runs.estimate import check_room
    from gansmith.runs.run import Run

    asked = {k: v for k, v in vars(options).items() if k not in ("preset", "dry_run", "resume")}
    asked["metrics"] = [x for x in (options.metrics or "").split(",") if x]
    if name is None and options.steps is None and options.minutes is None:
        asked["minutes"] = MINUTES
    run = plan(name or PRESET, **asked, **keywords)
    spec = run.config.spec
    say(f"{run.config.preset} on {spec['name']}: {spec['train']} examples, {spec['held']} held out")
    if run.dataset.skipped:
        say(f"left out {len(run.dataset.skipped)} files that could not be used")
    estimate = run.estimate()
    check_room(run.folder, estimate)
    say(_cost(run, estimate))
    if options.dry_run:
        say(f"dry run: nothing was written; it would go to {run.folder}")
        return
    _finish(Run.begin(run.folder, run.config, run.dataset).play())


def _named(words: list[str]) -> tuple[str | None, list[str]]:
    """The preset, by position or by --preset, and the other words."""
    rest: list[str] = []
    names = [words[0]] if words and not words[0].startswith("-") else []
    left = iter(words[len(names) :])
    for word in left:
        option, equals, value = word.partition("=")
        if option != "--preset":
            rest.append(word)
        elif name := value if equals else next(left, ""):
            names.append(name)
        else:
            raise ValueError("--preset wants a name, or my_file.py:my_preset")
    if len(names) > 1:
        raise ValueError(f"one preset is trained at a time; got {' and '.join(names)}")
    return (names[0] if names else None), rest


def _train_options(name: str | None, words: list[str]) -> tuple[Train, dict[str, Any]]:
    """The command's options and the preset's keywords that differ from its defaults."""
    if name is None:
        return parse(Train, words, "gansmith train"), {}
    from gansmith.cli.options import parse_with_preset

    return parse_with_preset(Train, name, words)


def _resume(name: str | None, options: Train, keywords: dict[str, Any]) -> None:
    if name is not None or keywords:
        raise ValueError("a run is resumed as it was begun: give --resume RUN without a preset")
    may = ("resume", "steps", "minutes")
    other = [k for k, v in vars(options).items() if k not in may and v != getattr(Train(), k)]
    if other:
        raise ValueError(
            f"a run is resumed as it was begun, with a new --steps or --minutes at most; leave out "
            f"{', '.join(other)}"
        )
    from gansmith.runs.run import Run

    run = Run.join(options.resume or "")
    say(f"going on with {run.folder}")
    _finish(run.resume(steps=options.steps, minutes=options.minutes))


def _cost(run: Run, estimate: Any) -> str:
    from gansmith.runs.progress import clock

    minutes = run.config.minutes
    time = f"{minutes:g} min" if minutes is not None else f"about {clock(estimate.seconds)}"
    steps = " + ".join(f"{1000 * s:.3g} ms" for s in estimate.per_step)
    return f"{time} ({steps} a step), {estimate.disk / 1e6:.0f} MB in {run.folder}"


def _finish(run: Run) -> None:
    from gansmith.core import distributed
    from gansmith.core.game import Answers
    from gansmith.report import write_report
    from gansmith.runs.progress import clock

    if distributed.rank() != 0:
        return
    if run.told:
        say(run.told)
    spec = run.config.spec
    done = run.choose("latest").step
    report = write_report(run.choose("best"))
    seconds = clock(run.seconds)
    if run.stopped.startswith("SIG"):
        say(f"stopped at step {done} ({run.stopped}); go on: gansmith train --resume {run.folder}")
        sys.exit(128 + signal.Signals[run.stopped])  # so that nothing is built on half a run
    say(f"step {done} after {seconds}: {run.folder}")
    say(f"  samples  {run.folder / 'samples'}")
    say(f"  report   {report}")
    by_pictures = (spec.get("condition") or {}).get("kind") == "image"
    translates = spec["kind"] in ("unpaired", "sound", "labels") or (
        by_pictures and isinstance(run.game, Answers)
    )
    use = f"translate {run.folder} FOLDER" if translates else f"sample {run.folder}"
    say(f"next: gansmith evaluate {run.folder}; gansmith {use}")


def sweep(options: Sweep, keywords: dict[str, Any] | None = None) -> None:
    """gansmith sweep."""
    from gansmith.cli import sweep

    sweep.sweep(options, keywords or {}, console)


def _sweep(words: list[str]) -> None:
    """gansmith sweep, with the preset's own options."""
    name, rest = _named(words)
    if name is None:
        sweep(parse(Sweep, rest, "gansmith sweep"))
        return
    from gansmith.cli.options import parse_with_preset

    options, keywords = parse_with_preset(Sweep, name, rest, "sweep")
    options.preset = name
    sweep(options, keywords)


def sample(options: Sample) -> None:
    """gansmith sample."""
    from gansmith.inference.sample import write_interpolation, write_samples

    run = _open(options.run, options.checkpoint)
    out = options.out or run.folder / "generated"
    asked = [name for name in ("text", "like") if getattr(options, name) is not None]
    if options.interpolate and asked:
        raise ValueError(f"a walk between codes is not asked for anything: leave out --{asked[0]}")
    if len(asked) > 1:
        raise ValueError("a run is asked by words or by a sound: give --text or --like")
    if options.gain and options.like is None:
        raise ValueError("--gain is of a sound: give one by --like")
    if options.interpolate:
        say(f"wrote {write_interpolation(run, options.n, options.seed, out)}")
    else:
        ask = _heard(run, options.like, options.gain) if options.like else options.text
        say(f"wrote {write_samples(run, options.n, options.seed, out, ask)}")


def _heard(run: Run, path: Path, gain: float) -> Any:
    from gansmith.data import DataSpec
    from gansmith.inference.audio_prompt import heard

    return heard(path, DataSpec.from_json(run.config.spec), gain)


def translate(options: Translate) -> None:
    """gansmith translate."""
    from gansmith.inference.audio import write_sounds
    from gansmith.inference.images import write_answers, write_labels
    from gansmith.inference.sample import write_translations
    from gansmith.inference.video import write_continuations

    run = _open(options.run, options.checkpoint)
    source, out, skip = options.source, options.out or run.folder / "translated", options.skip_bad
    if options.like is not None or options.finetune:
        _animate(run, options, out)
        return
    kind = run.config.spec["kind"]
    if (run.config.spec.get("condition") or {}).get("frames"):
        kind = "clip"
    if options.mask is not None and kind != "image":
        raise ValueError(f"{run.config.preset} fills no holes: leave out --mask")
    what = "picture"
    if kind == "labels":
        file, count = write_labels(run, source, out, skip_bad=skip)
        say(f"wrote the labels of {count} picture{'s' * (count != 1)} to {file}")
        return
    if kind == "sound":
        what, count = kind, write_sounds(run, source, out, skip_bad=skip, say=say)
    elif kind == "clip":
        told = {"frames": options.frames, "seed": options.seed}
        what, count = kind, write_continuations(run, source, out, **told, skip_bad=skip)
    elif kind == "unpaired":
        count = write_translations(run, source, options.to, out, skip)
    else:
        count = write_answers(run, source, out, mask=options.mask, seed=options.seed, skip_bad=skip)
    say(f"wrote {count} {what}{'s' * (count != 1)} to {out}")


def _animate(run: Run, options: Translate, out: Path) -> None:
    """Heads that follow landmarks."""
    from gansmith.inference.talking_head import write_heads

    if options.like is None:
        raise ValueError("--finetune learns a person from pictures: give them by --like FOLDER")
    count = write_heads(
        run, options.source, options.like, out,
        finetune=options.finetune, skip_bad=options.skip_bad,
    )  # fmt: skip
    say(f"wrote {count} picture{'s' * (count != 1)} to {out}")


def evaluate(options: Evaluate) -> None:
    """gansmith evaluate."""
    from gansmith.cli import evaluate

    evaluate.evaluate(options, console)


def diagnose(options: Diagnose) -> None:
    """gansmith diagnose."""
    from gansmith.diagnosis import diagnose, write_diagnosis
    from gansmith.runs.config import FILE

    found = diagnose(
        options.source,
        options.against,
        n=options.n,
        seed=options.seed,
        checkpoint=options.checkpoint,
    )
    say(f"{found.samples} samples of {found.of} against {found.against}")
    for finding in found.findings:
        console.print(f"\n[bold]{finding.name}[/]: ", end="")
        say(f"{finding.said}.\n  try: {finding.advice}")
    if not found.findings:
        say("nothing found")
    is_run = (options.source / FILE).is_file()
    out = options.out or (options.source / "diagnosis" if is_run else Path("diagnosis"))
    written = write_diagnosis(found, out, options.show_training)
    say(f"\nwrote {', '.join(str(path) for path in written)}")
    if any(finding.private for finding in found.findings) and not options.show_training:
        say("--show-training also writes the training examples that were copied")


def export(options: Export) -> None:
    """gansmith export."""
    from gansmith.export.export import export

    run = _open(options.run, options.checkpoint)
    for path in export(run, options.out or run.folder / "export", options.format):
        say(f"wrote {path}")


def lab(options: Lab) -> None:
    """gansmith lab."""
    from gansmith.cli.lab import experiment

    experiment(options, console)


def report(options: Report) -> None:
    """gansmith report."""
    from gansmith.report import write_report

    say(f"wrote {write_report(_open(options.run))}")


def list_(options: List) -> None:
    """gansmith list."""
    from gansmith.cli.list import listing

    console.print(listing(options.what))


COMMANDS: dict[str, tuple[type, Callable[[Any], None]]] = {
    "sweep": (Sweep, sweep),
    "sample": (Sample, sample),
    "translate": (Translate, translate),
    "evaluate": (Evaluate, evaluate),
    "diagnose": (Diagnose, diagnose),
    "export": (Export, export),
    "lab": (Lab, lab),
    "report": (Report, report),
    "list": (List, list_),
}


def _open(folder: Path, which: str = "best") -> Run:
    from gansmith.runs.run import Run

    run = Run.open(folder)
    run.choose(which)
    return run


def say(line: str) -> None:
    """A line for the person, without colours or wrapping; only the first process speaks."""
    from gansmith.core import distributed

    if distributed.rank() == 0:
        console.print(line, markup=False)


def main(words: list[str] | None = None) -> None:
    """Run a command; a mistake ends in one clear line and exit status 2."""
    # Threads that spin long while they wait make a busy machine crawl, ones that never spin lose
    # time on a quiet one (docs/defaults.md); read when torch is loaded.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")
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
        _dispatch(command, rest)
    except BrokenPipeError:  # whoever reads has seen enough, as `| head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (ValueError, TypeError, OSError, RuntimeError, ArithmeticError) as error:
        if os.environ.get("GANSMITH_TRACE"):
            raise
        line = f"gansmith {command}: {error}"
        Console(stderr=True, soft_wrap=True).print(line, markup=False, highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _dispatch(command: str, rest: list[str]) -> None:
    if command == "train":
        train(rest)
        return
    if command == "sweep":
        _sweep(rest)
        return
    if command not in COMMANDS:
        from gansmith.core.suggest import unknown

        raise ValueError(unknown("command", command, ["train", *COMMANDS]))
    options, act = COMMANDS[command]
    act(parse(options, rest, f"gansmith {command}"))

"""gansmith train: plan a run, show its cost, train it, write its report."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gansmith.cli.console import may_trust, program, say
from gansmith.cli.parsing import (
    Flag,
    Out,
    UnknownOptionError,
    absent,
    option_names,
    parse,
    take_option,
)

if TYPE_CHECKING:
    from gansmith.runs.estimate import Estimate
    from gansmith.runs.run import Run

OF_NOW = {"config", "print_config", "resume", "trust", "dry_run"}  # not in a file of options


@dataclass
class RunOptions:
    """What a single run and the trials of a sweep have in common.

    Args:
        preset: the preset, for one that is not the first word: a name (`gansmith list presets`)
            or a function of your own, my_file.py:my_preset; with --resume, where that file is now,
            if it has moved. Without one, --data decides: its kind, size and number of examples.
        data: a name (`gansmith list data`) or a path: a folder of images, class folders, pairs,
            trainA/trainB, zip, npz, IDX or text file, folder of audio (docs/data.md), hf:NAME of
            the Hugging Face hub, or a function of your own, my_file.py:my_data. The preset's own by
            default.
        steps: length of the run in steps; the preset's own by default.
        minutes: length of the run by the clock instead.
        out: the run's folder; a fresh one in runs/ by default.
        seed: of all random numbers.
        dry_run: show the plan, its time and its size on disk, and stop.
        resume: a run to continue, without a preset; --steps or --minutes extend it, and --data says
            where its data is now, if it has moved.
        trust: with --resume, execute the files of code that the run names, which can do all that
            you can.
        begin_from: a run whose players to start with (fine-tuning).
        paper: take the paper's constants, which want a GPU.
        size: side of the pictures in pixels; as they are by default.
        channels: 1 for grey, 3 for colour; as they are by default.
        val: fraction of your data that is held out, where it brings no split of its own; a tenth
            by default.
        skip_bad: leave unreadable files out instead of stopping.
        labelled: how many training examples keep their labels (semi-supervised); all by default.
        labelled_seed: which examples these are; 0 by default.
        micro: pieces of a batch, to save memory.
        precision: float32, or bfloat16 for autocast.
        clip: largest norm of a player's gradient; any by default.
        compile: compile the players; pays on a GPU.
        metrics: numbers to take with every sample sheet, cfid,precision,recall: those of `gansmith
            evaluate`, against training data, or functions of your own, my_file.py:mine; the first
            selects the best checkpoint. A quick score by default.
        sample_every: steps between two sample sheets, each of them scored; the preset's own by
            default.
    """

    preset: Annotated[str | None, absent("PRESET")] = None
    data: Annotated[str | None, absent("NAME|PATH")] = None
    steps: Annotated[int | None, absent("INT")] = None
    minutes: Annotated[float | None, absent("FLOAT")] = None
    out: Out = None
    seed: int = 0
    dry_run: Flag = False
    resume: Annotated[Path | None, absent("RUN")] = None
    trust: Flag = False
    begin_from: Annotated[Path | None, absent("RUN", name="from")] = None
    paper: Flag = False
    size: Annotated[int | None, absent("INT")] = None
    channels: Annotated[Literal[1, 3] | None, absent("1|3")] = None
    val: Annotated[float | None, absent("FLOAT")] = None
    skip_bad: Flag = False
    labelled: Annotated[int | None, absent("INT")] = None
    labelled_seed: Annotated[int | None, absent("INT")] = None
    micro: int = 1
    precision: Literal["float32", "bfloat16"] = "float32"
    clip: Annotated[float | None, absent("FLOAT")] = None
    compile: Flag = False
    metrics: Annotated[str | None, absent("NAMES")] = None
    sample_every: Annotated[int | None, absent("INT")] = None


@dataclass
class TrainOptions(RunOptions):
    """Train a preset: gansmith train [PRESET] [options]. Without anything, the best images
    of garments that this machine generates in four minutes.

    Args:
        config: a file of options to start from: TOML with a key for each, as --print-config prints
            it, or config.json of a run. Options beside it have precedence.
        print_config: print the TOML file that repeats this command, and stop.
        log: also write the curves and sample sheets there; wandb without a network, unless
            WANDB_MODE=online asks for it. With --resume from then on, or none.
    """

    config: Annotated[Path | None, absent("FILE")] = None
    print_config: Flag = False
    log: Annotated[str | None, absent("tensorboard|trackio|wandb")] = None


def main(words: list[str]) -> None:
    """Parse the preset's own options too, plan, show the cost, train, report."""
    name, words = preset_of(words)
    resuming = any(word.partition("=")[0] == "--resume" for word in words)
    if resuming and name is not None and ":" not in name:
        raise ValueError("a run is resumed as it was begun: give --resume RUN without a preset")
    if not resuming:
        files, words = take_option("--config", words)
        for file in files:
            name, words = _with_file(Path(file), name, words)
    # The preset file of a run to resume is executed with --trust only, so not to read options.
    try:
        options, keywords = _parse(None if resuming else name, words)
    except UnknownOptionError as error:
        raise ValueError(_without_preset(error, name, resuming)) from None
    if options.resume is not None:
        _resume(name, options)
        return
    from gansmith.runs.plan import MINUTES, plan
    from gansmith.runs.run import Run

    own = ("preset", "dry_run", "resume", "trust", "config", "print_config")
    asked = {k: v for k, v in vars(options).items() if k not in own}
    asked["metrics"] = [x for x in (options.metrics or "").split(",") if x]
    if {name, options.data, options.steps, options.minutes} == {None}:
        asked["minutes"] = MINUTES
    run = plan(name, **asked, **keywords)
    if options.print_config:
        from gansmith.runs.options import options_of, to_toml

        where = {} if options.out is None else {"out": str(options.out)}
        say(to_toml(options_of(run.config) | where).rstrip())
        return
    for line in _about(run):
        say(line)
    say(_cost(run, run.estimate()))
    if options.dry_run:
        say(f"dry run: nothing was written; it would go to {run.folder}")
        return
    automatic = options.out is None
    _finish(Run.begin(run.folder, run.config, run.dataset, automatic=automatic).play())


def preset_of(words: list[str]) -> tuple[str | None, list[str]]:
    """The preset, by position or by --preset, and the other words."""
    names = [words[0]] if words and not words[0].startswith("-") else []
    by_option, rest = take_option("--preset", words[len(names) :])
    if "" in by_option:
        raise ValueError("--preset takes a name, or my_file.py:my_preset")
    names += by_option
    if len(names) > 1:
        raise ValueError(f"one preset is trained at a time; got {' and '.join(names)}")
    return (names[0] if names else None), rest


def _with_file(file: Path, name: str | None, words: list[str]) -> tuple[str | None, list[str]]:
    """The preset and the words, with those in front that a file of options stands for.

    Raises ValueError for an option that there is not; UntrustedError where the file names code in a
    Python file, which would be executed, without --trust; ChangedCodeError where that has changed.
    """
    from gansmith.cli.preset_options import preset_options
    from gansmith.core.suggest import unknown_name
    from gansmith.presets import find_preset
    from gansmith.runs.config import code_names
    from gansmith.runs.options import FLAGS, read_options, to_words, without
    from gansmith.runs.trust import check_code

    options, code = read_options(file)
    named = options.pop("preset", None)
    taken = without(options, words)
    metrics = str(taken.get("metrics", "")).split(",")
    preset = str(named) if name is None and named is not None else ""
    for part, given in code_names(preset, str(taken.get("data", "")), metrics).items():
        check_code(part, given, "--trust" in words, file, code.get(part, {}))
    name = name or preset or None
    own = [] if name is None else option_names(preset_options(find_preset(name).build, {}))
    known = {option[2:].replace("-", "_") for option in own + option_names(TrainOptions)} - OF_NOW
    for option in options:
        if option.removeprefix("no_") not in known:
            raise ValueError(unknown_name(f"option in {file}", option, sorted(known)))
    switched_off = [f"--no-{flag.replace('_', '-')}" for flag in FLAGS]
    rest = [word for word in words if word not in switched_off]
    return name, to_words(taken) + rest


def _without_preset(error: UnknownOptionError, name: str | None, resuming: bool) -> str:
    """The message for an unknown option, which may be a keyword of a preset that was not named."""
    from gansmith.presets import PRESETS

    option = error.option
    keywords = {name for preset in PRESETS.values() for name in preset.keywords({})}
    if (name and not resuming) or option.strip("-").replace("-", "_") not in keywords:
        return str(error)
    if resuming:
        return (
            f"a run is resumed with the keywords that it was begun with: leave out {option}, or "
            f"start a new run from its players by `gansmith train PRESET --from RUN {option} ...`"
        )
    return (
        f"{option} is a keyword of presets: name the preset, `gansmith train PRESET {option} ...` "
        "(`gansmith list presets`)"
    )


def _parse(name: str | None, words: list[str]) -> tuple[TrainOptions, dict[str, Any]]:
    """The command's options and the preset's keywords that differ from its defaults."""
    if name is None:
        return parse(TrainOptions, words, "gansmith train"), {}
    from gansmith.cli.preset_options import parse_with_preset

    return parse_with_preset(TrainOptions, name, words)


def _resume(moved: str | None, options: TrainOptions) -> None:
    may = ("resume", "steps", "minutes", "data", "trust", "log")
    default = TrainOptions()
    other = [k for k, v in vars(options).items() if k not in may and v != getattr(default, k)]
    if other:
        raise ValueError(
            "a run is resumed as it was begun, with a new --steps, --minutes or --log, and "
            f"--data or --preset where that has moved, at most; leave out {', '.join(other)}"
        )
    from gansmith.runs.run import Run

    folder = Path(options.resume or "")
    trust = may_trust([folder], options.trust, moved)
    run = Run.join(folder, trust=trust, data=options.data, preset=moved)
    say(f"resuming {run.folder}")
    _finish(run.resume(steps=options.steps, minutes=options.minutes, log=options.log))


def _about(run: Run) -> Iterator[object]:
    """What is said of a planned run: its preset, its data, and what was left out of these."""
    from gansmith.runs.run import SKIPPED

    spec, left, others = run.spec, run.dataset.skipped, run.dataset.others
    if run.choice and run.choice.because:
        yield run.choice
    yield f"{run.config.preset} on {spec.name}: {spec.train} examples, {spec.held_out} held out"
    if left:
        yield f"left out {len(left)} that could not be used, such as {next(iter(left))}: {SKIPPED}"
    if others:
        more = "s" * (len(others) > 1)
        yield f"{len(others)} other file{more} not looked at, such as {others[0]}"


def _cost(run: Run, estimate: Estimate) -> str:
    from gansmith.runs.progress import format_duration

    minutes = run.config.minutes
    time = (
        f"{minutes:g} min" if minutes is not None else f"about {format_duration(estimate.seconds)}"
    )
    steps = " + ".join(f"{1000 * s:.3g} ms" for s in estimate.per_step)
    each = f"{steps} a step, {estimate.per_sheet:.2g} s a sample sheet"
    return f"{time} ({each}), {estimate.disk / 1e6:.0f} MB in {run.folder}"


def _finish(run: Run) -> None:
    from gansmith.core import distributed
    from gansmith.report import write_report
    from gansmith.runs.progress import format_duration

    if distributed.rank() != 0:
        return
    if run.resumed_with:
        say(run.resumed_with)
    done = run.choose("latest").step
    report = write_report(run.choose("best"))
    seconds = format_duration(run.seconds)
    where = f"{shlex.quote(str(run.folder))}{' --trust' * bool(run.config.code_names)}"
    if run.stopped.startswith("SIG"):
        say(f"stopped at step {done} ({run.stopped}); resume: {program()} train --resume {where}")
        sys.exit(128 + signal.Signals[run.stopped])  # so that nothing is built on half a run
    say(f"step {done} after {seconds}: {run.folder}")
    say(f"  samples  {run.folder / 'samples'}")
    say(f"  report   {report}")
    say(f"next: {program()} evaluate {where}; {program()} {run.next_command(where)}")

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
    as_option,
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
        preset: the preset, where it is not the first word: a name (`gansmith list presets`) or a
            function of your own, my_file.py:my_preset. With --resume: the new place of that file,
            if it was moved. Without a preset, one is chosen by the kind, size and number of
            examples of --data.
        data: a name (`gansmith list data`) or a path: a folder of images, class folders, pairs,
            trainA/trainB, zip, npz, IDX or text file, folder of audio (docs/data.md), hf:NAME of
            the Hugging Face hub, or a function of your own, my_file.py:my_data. The preset's own by
            default.
        steps: number of training steps; by default that of the preset.
        minutes: train for so many minutes instead of a number of steps.
        out: the folder of the run; by default a new one in runs/.
        seed: the seed of all random numbers.
        dry_run: print the plan, with its time and the disk space it takes, and stop.
        resume: continue this run; give no preset. --steps or --minutes set a new length, and --data
            the new place of its data, if it was moved.
        trust: with --resume, execute the Python files that the run names. They can do all that you
            can do, so read them first.
        begin_from: start from the players of this run (fine-tuning).
        paper: take the constants of the paper, for which a GPU is advisable.
        size: side of the images in pixels; by default as in the data.
        channels: 1 for grey images, 3 for colour; by default as in the data.
        val: the fraction of your data that is held out, where it has no split of its own; 0.1 by
            default.
        skip_bad: leave out files that cannot be read, instead of stopping.
        labelled: how many training examples keep their labels (semi-supervised); all by default.
        labelled_seed: the seed that chooses these examples; 0 by default.
        micro: split each batch into so many pieces, to save memory.
        precision: float32, or bfloat16 for mixed precision.
        clip: the largest norm of a player's gradient; unlimited by default.
        compile: compile the players with torch.compile; worthwhile on a GPU.
        metrics: numbers to measure with every sample sheet, such as cfid,precision,recall: those of
            gansmith evaluate, against training data, or functions of your own, my_file.py:mine. The
            first selects the best checkpoint. By default a quick score.
        sample_every: steps between two sample sheets, each of which is scored; by default that of
            the preset.
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
    """Train a preset: gansmith train [PRESET] [options]. Without arguments it learns to
    generate images of clothes, in four minutes.

    Args:
        config: read options from this file: TOML with a key for each option, as --print-config
            prints it, or the config.json of a run. Options of the command line take precedence.
        print_config: print the TOML file that repeats this command, and stop.
        log: also write curves and sample sheets to this logger. wandb stays offline unless
            WANDB_MODE=online. With --resume it applies from then on, and none switches it off.
    """

    config: Annotated[Path | None, absent("FILE")] = None
    print_config: Flag = False
    log: Annotated[str | None, absent("tensorboard|trackio|wandb")] = None


def main(words: list[str]) -> None:
    """Parse the preset's own options too, plan, show the cost, train, report."""
    name, words = preset_of(words)
    resuming = any(word.partition("=")[0] == "--resume" for word in words)
    if resuming and name is not None and ":" not in name:
        raise ValueError(f"--resume takes no preset, since the run has one: leave out {name}")
    if not resuming:
        files, words = take_option("--config", words)
        for file in files:
            name, words = _with_file(file, name, words)
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


def _with_file(file: str, name: str | None, words: list[str]) -> tuple[str | None, list[str]]:
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

    if not file.strip():
        raise ValueError("--config is empty; leave it out")
    options, code = read_options(Path(file))
    named = options.pop("preset", None)
    taken = without(options, words)
    metrics = str(taken.get("metrics", "")).split(",")
    preset = str(named) if name is None and named is not None else ""
    for part, given in code_names(preset, str(taken.get("data", "")), metrics).items():
        check_code(part, given, "--trust" in words, Path(file), code.get(part, {}))
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
            "--resume goes together with --steps, --minutes, --log, --data, --preset and --trust "
            f"only: leave out {', '.join(map(as_option, other))}"
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

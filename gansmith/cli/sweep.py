"""gansmith sweep: begin or resume a sweep, run its trials, show their table."""

from __future__ import annotations

import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, UseAppendAction

from gansmith.cli.console import console, make_table, printable, program, say
from gansmith.cli.parsing import Flag, absent, parse
from gansmith.cli.train import RunOptions, preset_of

if TYPE_CHECKING:
    from gansmith.sweeps.study import Sweep

MAY_CHANGE = ("resume", "trials", "storage", "trust")


@dataclass
class SweepOptions(RunOptions):
    """Search over a preset's keywords: gansmith sweep PRESET [options]. Many runs, scored alike;
    any number of processes may work on one sweep. Needs Optuna: pip install optuna.

    Args:
        preset: the preset; its keywords can be given for all trials, as in train.
        steps: length of each trial in steps; the preset's own by default.
        minutes: length of each trial by the clock instead.
        out: the sweep's folder; a fresh one in sweeps/ by default.
        seed: of the search and of every trial; --vary seed=0,1,2 tries several in the trials.
        dry_run: show what would be searched and how long it takes, and stop.
        resume: a sweep to resume, without a preset; --trials extends it, 0 shows its table.
        trust: with --resume, execute the files of code that the sweep names, which can do all
            that you can.
        begin_from: a run whose players every trial starts with.
        vary: a range, lr=1e-4..1e-2, or choices, batch=16,32,64, of a keyword; give it once for
            each keyword. The usual keywords around their defaults by default.
        trials: how many; 20 by default, or all combinations of a grid.
        grid: try every combination of choices.
        sampler: random, or tpe, which learns from the trials before (arXiv:2304.11127).
        metric: a number of evaluate to search by, such as cfid, or a function of your own,
            my_file.py:mine; by default the score that selects a run's best checkpoint. All are
            measured against training data: the held-out split takes no part in the search.
        storage: URL of a database that holds the trials, instead of a file in the folder.
    """

    preset: Annotated[Positional[str | None], absent("PRESET")] = None
    resume: Annotated[Path | None, absent("SWEEP")] = None
    vary: Annotated[UseAppendAction[tuple[str, ...]], absent("KEYWORD=VALUES")] = ()
    trials: Annotated[int | None, absent("INT")] = None
    grid: Flag = False
    sampler: Literal["random", "tpe"] = "random"
    metric: Annotated[str | None, absent("NAME")] = None
    storage: Annotated[str | None, absent("URL")] = None


def main(words: list[str]) -> None:
    """Parse the preset's own options too; begin or resume the sweep."""
    name, rest = preset_of(words)
    keywords: dict[str, Any] = {}
    if name is None:
        options = parse(SweepOptions, rest, "gansmith sweep")
    else:
        from gansmith.cli.preset_options import parse_with_preset

        options, keywords = parse_with_preset(SweepOptions, name, rest, "sweep")
        options.preset = name
    begun = _resumed(options, keywords) if options.resume else _begun(options, keywords)
    if begun is None:
        return
    if not (options.resume and options.trials == 0):
        say(f"{begun.folder}: {begun.config.trials} trials, {begun.config.sampler} search")
        begun.play(say)
    _show(begun)
    if begun.stopped:
        folder = shlex.quote(str(begun.folder))
        say(f"stopped ({begun.stopped}); resume: {program()} sweep --resume {folder}")
        sys.exit(128 + signal.Signals[begun.stopped])


def _resumed(options: SweepOptions, keywords: dict[str, Any]) -> Sweep:
    from gansmith.sweeps.study import Sweep

    default = SweepOptions()
    other = [
        k for k, v in vars(options).items() if k not in MAY_CHANGE and v != getattr(default, k)
    ]
    if other or keywords:
        raise ValueError(
            "a sweep is resumed as it was begun, with a new --trials at most; leave out "
            f"{', '.join([*other, *keywords])}"
        )
    begun = Sweep.open(options.resume or "", options.storage, trust=options.trust)
    return begun.extend(options.trials) if options.trials else begun


def _begun(options: SweepOptions, keywords: dict[str, Any]) -> Sweep | None:
    if options.preset is None:
        raise ValueError("give a preset to search the keywords of, or --resume SWEEP")
    if options.metrics:
        raise ValueError("a sweep searches by one number: give --metric instead of --metrics")
    own = {"preset", "dry_run", "resume", "out", "trust"}
    train = {
        k: getattr(options, k)
        for k, default in vars(RunOptions()).items()
        if k not in own and getattr(options, k) != default
    }
    if options.grid and options.sampler != "random":
        raise ValueError("a grid tries every combination, in order; leave out --sampler")
    from gansmith.runs.estimate import check_disk
    from gansmith.runs.progress import format_duration
    from gansmith.sweeps.study import Sweep

    planned = Sweep.plan(
        options.preset,
        vary=_vary(options.vary),
        trials=options.trials,
        sampler="grid" if options.grid else options.sampler,
        metric=options.metric,
        out=options.out,
        storage=options.storage,
        **train,
        **keywords,
    )
    config = planned.config
    for name, dimension in config.vary.items():
        say(f"  {name}: {dimension}")
    run, one = planned.run, planned.run.estimate()
    disk = config.trials * one.disk
    check_disk(planned.folder, disk)
    each = one.seconds if run.config.minutes is None else 60 * run.config.minutes
    say(
        f"{config.trials} trials of about {format_duration(each)} at the preset's own values, "
        f"{format_duration(config.trials * each)} in all, {disk / 1e6:.0f} MB in {planned.folder}"
    )
    if options.dry_run:
        say(f"dry run: nothing was written; it would go to {planned.folder}")
        return None
    return planned.create()


def _vary(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in given:
        name, equals, values = word.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise ValueError(f"--vary wants KEYWORD=VALUES, as lr=1e-4..1e-2; got {word!r}")
        if name in found:
            raise ValueError(f"--vary {name} is given twice; list all its values in one")
        found[name] = values
    return found


def _show(begun: Sweep) -> None:
    """The table, the best keywords as a command, and where the report is."""
    from gansmith.sweeps.report import failure_reason, train_command, write_sweep_report
    from gansmith.sweeps.trial import format_keywords

    trials, config = begun.trials(), begun.config
    table = make_table("trial", config.metric_name, "at step", "keywords", "state")
    for trial in trials:
        score = "" if trial.score is None else f"{trial.score:.4g}"
        step = "" if trial.best_step is None else f"{trial.best_step} of {trial.step}"
        keywords = format_keywords({k: v for k, v in trial.keywords.items() if k in config.vary})
        state = f"{trial.state}: {failure_reason(trial)}" if trial.failed else trial.state
        table.add_row(*map(printable, (trial.number, score, step, keywords, state)))
    console.print(table)
    if (best := begun.best()) is not None:
        say("the best keywords:")
        say(f"  {train_command(begun.config, best)}")
    running = sum(trial.state == "running" for trial in trials)
    if running:
        say(f"{running} trials are running in other processes")
    report: Path = write_sweep_report(begun)
    say(f"report  {report}")

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
from gansmith.cli.parsing import Flag, absent, as_option, parse
from gansmith.cli.train import RunOptions, preset_of

if TYPE_CHECKING:
    from gansmith.sweeps.study import Sweep

MAY_CHANGE = ("resume", "trials", "storage", "trust")


@dataclass
class SweepOptions(RunOptions):
    """Search over a preset's keywords: gansmith sweep PRESET [options]. It trains many runs and
    compares their scores; several processes can work on one sweep. Needs Optuna.

    Args:
        preset: the preset; its keywords can be given for all trials, as in train.
        steps: training steps of each trial; by default those of the preset.
        minutes: train each trial for so many minutes instead.
        out: the folder of the sweep; by default a new one in sweeps/.
        seed: the seed of the search and of every trial; --vary seed=0,1,2 tries several.
        dry_run: print what would be searched and how long it takes, and stop.
        resume: continue this sweep; give no preset. --trials extends it; --trials 0 prints its
            table.
        trust: with --resume, execute the Python files that the sweep names. They can do all that
            you can do, so read them first.
        begin_from: start every trial from the players of this run.
        vary: the values of a keyword: a range, lr=1e-4..1e-2, or a list, batch=16,32,64. Repeat it
            for each keyword. By default the usual keywords, around their defaults.
        trials: number of trials; by default 20, or all combinations of a grid.
        grid: try every combination of the values.
        sampler: random, or tpe, which learns from earlier trials (arXiv:2304.11127).
        metric: what to search by: a number of `gansmith evaluate`, such as cfid, or a function of
            your own, my_file.py:mine. By default the score that selects the best checkpoint of a
            run. All are measured against training data; held-out data plays no part.
        storage: URL of a database for the trials, instead of a file in the folder.
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
            "--resume goes together with --trials, --storage and --trust only: leave out "
            + ", ".join(map(as_option, [*other, *keywords]))
        )
    begun = Sweep.open(options.resume or "", options.storage, trust=options.trust)
    return begun.extend(options.trials) if options.trials else begun


def _begun(options: SweepOptions, keywords: dict[str, Any]) -> Sweep | None:
    if options.preset is None:
        raise ValueError(
            "name the preset whose keywords to search, or a sweep to continue, --resume SWEEP"
        )
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
            raise ValueError(f"--vary takes KEYWORD=VALUES, such as lr=1e-4..1e-2; got {word!r}")
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

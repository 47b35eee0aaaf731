"""gansmith sweep: begin or go on with a sweep, play it, show its table."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from gansmith.cli.commands import Sweep, Train
from gansmith.runs.estimate import check_room
from gansmith.runs.progress import clock
from gansmith.sweep.report import command, rows, write_sweep_report
from gansmith.sweep.study import Sweep as Begun

MAY_CHANGE = ("resume", "trials", "storage")


def sweep(options: Sweep, keywords: dict[str, Any], console: Console) -> None:
    """What the command does, from its options and the preset's keywords."""

    def say(line: str) -> None:
        console.print(line, markup=False)

    begun = _resumed(options, keywords) if options.resume else _begun(options, keywords, say)
    if begun is None:
        return
    if not (options.resume and options.trials == 0):
        say(f"{begun.folder}: {begun.asked.trials} trials, {begun.asked.sampler} search")
        begun.play(say)
    _show(begun, console)
    if begun.stopped:
        say(f"stopped ({begun.stopped}); go on: gansmith sweep --resume {begun.folder}")
        sys.exit(128 + signal.Signals[begun.stopped])


def _resumed(options: Sweep, keywords: dict[str, Any]) -> Begun:
    other = [
        k for k, v in vars(options).items() if k not in MAY_CHANGE and v != getattr(Sweep(), k)
    ]
    if other or keywords:
        raise ValueError(
            "a sweep is resumed as it was begun, with a new --trials at most; leave out "
            f"{', '.join([*other, *keywords])}"
        )
    begun = Begun.open(options.resume or "", options.storage)
    return begun.lengthen(options.trials) if options.trials else begun


def _begun(options: Sweep, keywords: dict[str, Any], say: Any) -> Begun | None:
    if options.preset is None:
        raise ValueError("give a preset to search the keywords of, or --resume SWEEP")
    if options.metrics:
        raise ValueError("a sweep searches by one number: give --metric in the place of --metrics")
    own = {"preset", "dry_run", "resume", "out"}
    train = {
        k: getattr(options, k)
        for k, default in vars(Train()).items()
        if k not in own and getattr(options, k) != default
    }
    if options.grid and options.sampler != "random":
        raise ValueError("a grid tries every combination, in order; leave out --sampler")
    planned = Begun.plan(
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
    asked = planned.asked
    for name, part in asked.vary.items():
        say(f"  {name}: {part}")
    run, one = planned.run, planned.run.estimate()
    room = replace(one, disk=asked.trials * one.disk)
    check_room(planned.folder, room)
    each = one.seconds if run.config.minutes is None else 60 * run.config.minutes
    say(
        f"{asked.trials} trials of about {clock(each)} at the preset's own values, "
        f"{clock(asked.trials * each)} in all, {room.disk / 1e6:.0f} MB in {planned.folder}"
    )
    if options.dry_run:
        say(f"dry run: nothing was written; it would go to {planned.folder}")
        return None
    return planned.make()


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


def _show(begun: Begun, console: Console) -> None:
    """The table, the best keywords as a command, and where the report is."""
    trials = begun.trials()
    heads, lines = rows(begun.asked, trials)
    table = Table(*(Column(head, no_wrap=head in begun.asked.vary) for head in heads))
    for line in lines:
        table.add_row(*line)
    console.print(table)
    if (best := begun.best()) is not None:
        console.print("the best keywords:", markup=False)
        console.print(f"  {command(begun.asked, best)}", markup=False)
    playing = sum(trial.state == "playing" for trial in trials)
    if playing:
        console.print(f"{playing} trials are being played by others", markup=False)
    report: Path = write_sweep_report(begun)
    console.print(f"report  {report}", markup=False)

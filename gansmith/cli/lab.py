"""gansmith lab: list the claims, run one as an experiment, write the report."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from gansmith.cli.commands import Lab
from gansmith.core.suggest import unknown

HOME = Path("benchmarks/lab")  # where the results lie that come with the source


def experiment(options: Lab, console: Console) -> None:
    """What the command does."""
    acts = {"list": _list, "run": _run, "report": _report}
    if options.what not in acts:
        raise ValueError(unknown("lab command", options.what, acts))
    acts[options.what](options, console)


def _folder(options: Lab) -> Path:
    return options.out or (HOME if HOME.is_dir() else Path("lab"))


def _list(options: Lab, console: Console) -> None:
    from gansmith.lab.experiment import judged
    from gansmith.lab.experiments import EXPERIMENTS
    from gansmith.lab.runner import path_of, read

    table = Table("id", "claim", "paper", "quick", "full")
    for experiment in EXPERIMENTS.values():
        found = []
        for full in (False, True):
            path = path_of(_folder(options), experiment.id, full)
            known = path.exists()
            found.append(judged(experiment, read(path, experiment)[0]).word if known else "")
        table.add_row(experiment.id, experiment.title, experiment.paper, *found)
    console.print(table)


def _run(options: Lab, console: Console) -> None:
    from gansmith.lab import play
    from gansmith.lab.experiments import EXPERIMENTS

    if not options.ids:
        raise ValueError("say which: gansmith lab run ID (`gansmith lab list` shows them)")
    for id_ in options.ids:
        if id_ not in EXPERIMENTS:
            raise ValueError(unknown("experiment", id_, EXPERIMENTS))
    if options.seeds is not None and options.seeds < 1:
        raise ValueError(f"an experiment has one seed at least; got --seeds {options.seeds}")
    for id_ in options.ids:
        experiment = EXPERIMENTS[id_]

        def say(line: str) -> None:
            console.print(line, markup=False)

        say(f"{experiment.id} {experiment.title}: {experiment.says}")
        folder = _folder(options)
        verdict = play(experiment, folder, full=options.full, seeds=options.seeds, say=say)
        for check in verdict.checks:
            say(f"  {'yes' if check.passed else 'NO '}  {check.said}")
        failed = sum(not check.passed for check in verdict.control)
        say(
            f"  control ({experiment.fails}): {failed} of {len(verdict.control)} fail, as they must"
        )
        say(f"{experiment.id}: {verdict.word}")


def _report(options: Lab, console: Console) -> None:
    from gansmith.lab.report import write_report

    for path in write_report(_folder(options)):
        console.print(f"wrote {path}", markup=False)

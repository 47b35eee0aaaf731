"""gansmith lab: list the claims, run one as an experiment, write the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gansmith.cli.console import console, make_table, say
from gansmith.cli.parsing import Flag, Out, absent, parse
from gansmith.core.suggest import unknown_name

RESULTS = Path("benchmarks/lab")  # the results that come with the source


@dataclass
class LabOptions:
    """Claims about GANs as experiments, each with a control that must fail:
    gansmith lab list | run ID [ID ...] | report.

    Args:
        what: list, run or report.
        ids: the experiments to run, by id.
        full: run at the size that the claim needs; by default a quick version of some minutes.
        seeds: number of seeds; by default that of the experiment.
        out: the folder of the results; by default benchmarks/lab if that exists, else lab/.
    """

    what: Annotated[Positional[str], arg(metavar="list|run|report")]
    ids: Annotated[Positional[tuple[str, ...]], arg(metavar="[ID ...]")] = ()
    full: Flag = False
    seeds: Annotated[int | None, absent("INT")] = None
    out: Out = None


def main(words: list[str]) -> None:
    """List the claims, run some, or write the report."""
    options = parse(LabOptions, words, "gansmith lab")
    acts = {"list": _list, "run": _run, "report": _report}
    if options.what not in acts:
        raise ValueError(unknown_name("lab command", options.what, acts))
    acts[options.what](options)


def _folder(options: LabOptions) -> Path:
    return options.out or (RESULTS if RESULTS.is_dir() else Path("lab"))


def _list(options: LabOptions) -> None:
    from gansmith.lab.experiment import compute_verdict
    from gansmith.lab.experiments import EXPERIMENTS
    from gansmith.lab.runner import read_results, results_path

    table = make_table("id", "claim", "paper", "quick", "full")
    for experiment in EXPERIMENTS.values():
        found = []
        for full in (False, True):
            path = results_path(_folder(options), experiment.id, full)
            if not path.exists():
                found.append("")
                continue
            arms, _ = read_results(path, experiment)
            found.append(compute_verdict(experiment, arms).outcome)
        table.add_row(experiment.id, experiment.title, experiment.paper, *found)
    console.print(table)


def _run(options: LabOptions) -> None:
    from gansmith.lab import run_experiment
    from gansmith.lab.experiment import all_passed
    from gansmith.lab.experiments import EXPERIMENTS

    if not options.ids:
        raise ValueError("name an experiment: gansmith lab run ID (`gansmith lab list` shows them)")
    for id_ in options.ids:
        if id_ not in EXPERIMENTS:
            raise ValueError(unknown_name("experiment", id_, EXPERIMENTS))
    for id_ in options.ids:
        experiment = EXPERIMENTS[id_]

        say(f"{experiment.id} {experiment.title}: {experiment.claim}")
        folder = _folder(options)
        verdict = run_experiment(
            experiment, folder, full=options.full, seeds=options.seeds, log=say
        )
        for check in verdict.checks:
            say(f"  {'yes' if check.passed else 'NO '}  {check.statement}")
        control = sum(map(all_passed, verdict.control))
        say(f"  holds at {sum(verdict.seeds)} of {len(verdict.seeds)} seeds")
        say(f"  with the control ({experiment.control_description}) at {control}")
        say(f"{experiment.id}: {verdict.outcome}")


def _report(options: LabOptions) -> None:
    from gansmith.lab.report import write_report

    for path in write_report(_folder(options)):
        say(f"wrote {path}")

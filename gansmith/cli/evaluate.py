"""gansmith evaluate: the numbers of one run, or of several side by side."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from gansmith.cli.commands import Evaluate
from gansmith.data import Dataset, open_data
from gansmith.metrics import Features, Measured, Protocol, find_features
from gansmith.report import write_report
from gansmith.report.compare import Compared, compare, write_comparison
from gansmith.runs.config import FILE
from gansmith.runs.run import METRICS, Run


def evaluate(options: Evaluate, console: Console) -> None:
    """What the command does."""
    if not options.sources:
        raise ValueError("name a run: gansmith evaluate RUN (`gansmith list runs` shows them)")
    if len(options.sources) > 1 or options.against is not None:
        _compare(options, console)
        return
    run = Run.open(options.sources[0]).choose(options.checkpoint)
    found = run.evaluate(options.n, options.seed, _features(options, run.dataset))
    table = Table("number", "generated", "real data", "better")
    for number in found.values():
        real = "" if number.real is None else f"{number.real:.4g}"
        table.add_row(number.name, f"{number.value:.4g}", real, number.better)
    console.print(table)
    console.print(f"step {run.step}; " + _how(next(iter(found.values())).protocol), markup=False)
    console.print(f"wrote {run.folder / METRICS} and {write_report(run)}", markup=False)


def _compare(options: Evaluate, console: Console) -> None:
    real = _reference(options)
    found = compare(
        list(options.sources),
        options.against,
        n=options.n,
        seed=options.seed,
        checkpoint=options.checkpoint,
        features=_features(options, real),
        force=options.force,
    )
    console.print(_table(found))
    first = next(iter(found[0].numbers.values())).protocol
    console.print(_how(first), markup=False)
    for path in write_comparison(found, options.out or Path("comparison"), real):
        console.print(f"wrote {path}", markup=False)


def _reference(options: Evaluate) -> Dataset:
    """What is shown beside the samples: the data given, or the first run's."""
    if options.against is not None:
        return open_data(options.against)
    first = next((path for path in options.sources if (path / FILE).is_file()), None)
    if first is None:
        raise ValueError("say what these are measured against: --against DATA, a name or a path")
    return Run.open(first).dataset


def _features(options: Evaluate, dataset: Dataset) -> Features | None:
    if options.features == "judge" and options.weights is None:
        return None
    if dataset.spec.kind not in ("image", "unpaired"):
        raise ValueError(f"{dataset.spec.name} holds {dataset.spec.kind}; leave out --features")
    spec = dataset.spec
    return find_features(options.features, spec.name, spec.channels, options.weights)


def _table(found: list[Compared]) -> Table:
    """A row for each number, a column for each of the compared; the best of a row in bold."""
    table = Table("number", *(one.name for one in found), "real data", "better")
    for key, first in found[0].numbers.items():
        numbers = [one.numbers.get(key) for one in found]
        best = _best([number for number in numbers if number is not None])
        cells = [
            ""
            if number is None
            else f"[bold]{number.value:.4g}[/]"
            if number is best
            else f"{number.value:.4g}"
            for number in numbers
        ]
        real = "" if first.real is None else f"{first.real:.4g}"
        table.add_row(first.name, *cells, real, first.better)
    return table


def _best(numbers: list[Measured]) -> Measured:
    if numbers[0].better == "near":
        return min(numbers, key=lambda number: abs(number.value - (number.real or 0)))
    pick = min if numbers[0].better == "lower" else max
    return pick(numbers, key=lambda number: number.value)


def _how(protocol: Protocol) -> str:
    """The protocol on one line."""
    counts = ", ".join(f"{n} {kind}" for kind, n in protocol.counts.items())
    libraries = ", ".join(f"{name} {version}" for name, version in protocol.versions.items())
    return (
        f"{counts}; {protocol.features}; against the {protocol.reference} of {protocol.data}; "
        f"resize {protocol.resize}; seed {protocol.seed}; {libraries}; {protocol.made}"
    )

"""gansmith evaluate: the numbers of one run, or of several side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from gansmith.cli.console import console, make_table, may_trust, open_run, say
from gansmith.cli.parsing import Checkpoint, Count, Flag, MovedData, MovedPreset, Out, absent, parse
from gansmith.core.files import FileError

if TYPE_CHECKING:
    from rich.table import Table

    from gansmith.data import Dataset
    from gansmith.metrics import Features, Measured, Protocol
    from gansmith.report.compare import Compared


@dataclass
class EvaluateOptions:
    """Measure a run against its held-out data, with the values of real data for comparison; or
    compare several runs and folders of samples.

    Args:
        sources: a run's folder; or several runs, folders or files of samples to compare.
        against: the data to measure against, a name or a path; by default the run's own.
        size: side in pixels to which the images of --against, and of folders, are brought; by
            default that of the first run, or as they are.
        n: number of samples to measure.
        seed: the seed of the samples.
        checkpoint: the state of the runs: best, latest, or a step.
        features: the network for the features of images: judge, inception or dinov2.
        weights: the file of weights for inception or dinov2.
        metrics: the numbers to measure, such as cfid,precision, or functions of your own,
            my_file.py:mine; by default all.
        force: compare numbers even where they were measured in different ways.
        out: the folder of a comparison; by default comparison/.
        data: the new place of the run's data, if it was moved.
        preset: the new place of the file of the run's preset, if it was moved; --trust executes
            it.
        trust: execute the Python files that the runs name. They can do all that you can do, so read
            them first.
    """

    sources: Annotated[Positional[tuple[Path, ...]], arg(metavar="RUN [RUN|FOLDER ...]")]
    against: Annotated[str | None, absent("NAME|PATH")] = None
    size: Annotated[int | None, absent("INT")] = None
    n: Count = 4000
    seed: int = 0
    checkpoint: Checkpoint = "best"
    features: Annotated[str, arg(metavar="judge|inception|dinov2")] = "judge"
    weights: Annotated[Path | None, absent("FILE")] = None
    metrics: Annotated[str | None, absent("NAMES")] = None
    force: Flag = False
    out: Out = None
    data: MovedData = None
    preset: MovedPreset = None
    trust: Flag = False


def main(words: list[str]) -> None:
    """Measure one run, or compare several."""
    options = parse(EvaluateOptions, words, "gansmith evaluate")
    if not options.sources:
        raise ValueError("name a run: gansmith evaluate RUN (`gansmith list runs` shows them)")
    if options.size is not None and options.against is None:
        raise ValueError("runs are measured at their own size: --size is of the data of --against")
    if len(options.sources) > 1 or options.against is not None:
        if options.data is not None:
            raise ValueError("--data is for one run; give --against to measure against other data")
        if options.preset is not None:
            raise ValueError("--preset is for one run; leave it out to compare several")
        _compare(options)
        return
    from gansmith.report import write_report
    from gansmith.runs.run import METRICS

    run = open_run(
        options.sources[0],
        options.checkpoint,
        trust=options.trust,
        data=options.data,
        preset=options.preset,
    )
    features = _features(options, run.dataset)
    found = run.measure(options.n, options.seed, features, options.metrics)
    table = make_table("number", "generated", "real data", "better")
    for number in found.values():
        real = "" if number.real is None else f"{number.real:.4g}"
        table.add_row(number.name, f"{number.value:.4g}", real, number.better)
    console.print(table)
    say(f"step {run.step}; " + _how(next(iter(found.values())).protocol))
    taken = next(iter(found.values())).protocol.counts.get("generated", options.n)
    if taken < options.n != EvaluateOptions.n:
        say(
            f"{taken} samples were measured and not {options.n}: no more than there are held-out "
            "examples to compare them with, and 10,000 at most, or 2,500 points"
        )
    try:
        run.write_metrics(found)
        report = write_report(run)
    except FileError as error:
        raise FileError(f"the numbers could not be saved: {error.__cause__ or error}") from None
    say(f"wrote {run.folder / METRICS} and {report}")


def _compare(options: EvaluateOptions) -> None:
    from gansmith.report.compare import compare, write_comparison

    real = _reference(options)
    found = compare(
        list(options.sources),
        options.against,
        n=options.n,
        seed=options.seed,
        checkpoint=options.checkpoint,
        features=_features(options, real),
        metrics=options.metrics,
        force=options.force,
        trust=may_trust(options.sources, options.trust),
        size=options.size,
    )
    console.print(_table(found))
    first = next(iter(found[0].numbers.values())).protocol
    say(_how(first))
    for path in write_comparison(found, options.out or Path("comparison"), real):
        say(f"wrote {path}")


def _reference(options: EvaluateOptions) -> Dataset:
    """What is shown beside the samples: the data given, or the first run's."""
    from gansmith.report.compare import reference_data
    from gansmith.runs.config import FILE
    from gansmith.runs.run import Run

    if options.against is not None:
        return reference_data(list(options.sources), options.against, options.size)
    first = next((path for path in options.sources if (path / FILE).is_file()), None)
    if first is None:
        raise ValueError("say what these are measured against: --against DATA, a name or a path")
    return Run.open(first, trust=may_trust([first], options.trust)).dataset


def _features(options: EvaluateOptions, dataset: Dataset) -> Features | None:
    from gansmith.metrics import find_features

    if options.features == "judge" and options.weights is None:
        return None
    if not dataset.spec.size:
        raise ValueError(
            f"--features is for images, and {dataset.spec.name} holds {dataset.spec.kind}: leave "
            "it out"
        )
    spec = dataset.spec
    return find_features(options.features, spec.base, spec.channels, options.weights)


def _table(found: list[Compared]) -> Table:
    """A row for each number, a column for each of the compared; the best of a row in bold."""
    table = make_table("number", *(one.name for one in found), "real data", "better")
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
        f"resize {protocol.resize}; seed {protocol.seed}; {libraries}; {protocol.created}"
    )

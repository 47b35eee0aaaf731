"""Runs and folders side by side: the same numbers made in the same way, a table and one picture."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from gansmith.core.files import user_path, write_atomic
from gansmith.core.protocols import ConditionalSampler, Samples
from gansmith.data import DataError, Dataset, NotImagesError, open_given
from gansmith.evaluation.evaluate import COUNT, measure, measure_samples
from gansmith.evaluation.load import check_same_kind, load_samples
from gansmith.evaluation.own import Metric
from gansmith.metrics import Features, Measured, ProtocolError, check_comparable
from gansmith.metrics.samples import random_subset
from gansmith.modalities import modality_of
from gansmith.runs.config import FILE
from gansmith.runs.run import Run

NUMBERS, SAMPLES = "comparison.json", "samples"


@dataclass(frozen=True)
class Compared:
    """One of those compared: its numbers, and some samples to look at, if it makes any."""

    name: str
    numbers: dict[str, Measured]
    samples: Tensor | None


def compare(
    sources: list[Path | str],
    against: Any = None,
    *,
    n: int = COUNT,
    seed: int = 0,
    checkpoint: str = "best",
    features: Features | None = None,
    metrics: str | Sequence[str | Metric] | None = None,
    force: bool = False,
    trust: bool = False,
    size: int | None = None,
) -> list[Compared]:
    """Measure runs, or files of samples, against the same held-out data.

    sources: run folders, or paths that `open_data` reads. against: data, as `open_data` takes it,
    see `reference_data`; without it each run is measured against its own data.
    force: compare also numbers that were made in different ways, or images of different sizes.
    metrics: the keys that are wanted, functions of one's own among them (see `measure`).
    trust: execute the files of code that runs name. size: what the images of `against`, and samples
    beside them, are brought to; that of the first run by default.
    Raises, before anything is measured, ValueError for samples that do not fit the data,
    ProtocolError for runs of several data sets or sizes, DataError for a folder without `against`;
    and ProtocolError for numbers that turn out not to be made alike.
    """
    names = _names(sources)
    runs = {
        name: Run.open(source, trust=trust).choose(checkpoint)
        for source, name in zip(sources, names, strict=True)
        if (user_path(source) / FILE).is_file()
    }
    if against is None:
        _check_all_runs(sources, names, runs)
    common = None if against is None else reference_data(sources, against, size)
    first = next(iter(runs.values())).spec if common is None else common.spec
    for name, run in runs.items():
        check_same_kind(run.spec, name, first)
        if run.spec.size != first.size and not force:
            raise ProtocolError(
                f"{name} generates images of {run.spec.size} pixels, and what it is compared "
                f"with has {first.size}: compare runs of one size, or force it"
            )
        if common is None and run.spec.fingerprint != first.fingerprint and not force:
            raise ProtocolError(_on_several(sources, runs))
    others = [
        (name, *load_samples(source, common))
        for source, name in zip(sources, names, strict=True)
        if name not in runs and common is not None
    ]
    measured = {
        name: _of_run(run, name, common or run.dataset, n, seed, features, metrics)
        for name, run in runs.items()
    }
    for name, samples, how in others:
        assert common is not None
        some = random_subset(samples, n, seed)
        measured[name] = _of_samples(some, how, name, common, seed, features, metrics)
    found = [measured[name] for name in names]
    if not force:
        for key in set.intersection(*(set(one.numbers) for one in found)):
            check_comparable({one.name: one.numbers[key] for one in found})
    return found


def _check_all_runs(sources: list[Path | str], names: list[str], runs: dict[str, Run]) -> None:
    for source, name in zip(sources, names, strict=True):
        if name not in runs:
            raise DataError(
                f"{source} is not a run: say what its samples are measured against, --against DATA"
            )


def _on_several(sources: list[Path | str], runs: dict[str, Run]) -> str:
    """Why runs of several data sets are not compared, with the command that compares them."""
    data = {run.spec.fingerprint: f"{name} on {run.spec.name}" for name, run in runs.items()}
    against = next(iter(runs.values())).config.data
    words = shlex.join(["gansmith", "evaluate", *map(str, sources), "--against", against])
    return (
        f"these runs were trained on different data ({', '.join(data.values())}), and numbers "
        f"against different data cannot be compared: measure all against one, {words}; or force it"
    )


def reference_data(sources: list[Path | str], against: Any, size: int | None = None) -> Dataset:
    """The data that all are measured against, images as the data of the first run were read, or of
    this size.
    """
    run = next((path for path in sources if (Path(path) / FILE).is_file()), None)
    spec = None if run is None else Run.open(run).spec
    if spec is None or not spec.size:
        return open_given(against, size=size)
    try:
        return open_given(against, size=size or spec.size, channels=spec.channels)
    except NotImagesError:
        return open_given(against)  # which then turns out to be of another kind


def write_comparison(found: list[Compared], out: Path, real: Dataset) -> list[Path]:
    """Write the numbers as JSON and some samples of each, beside real ones; what was written."""
    page = {one.name: {k: v.to_json() for k, v in one.numbers.items()} for one in found}
    write_atomic(out / NUMBERS, (json.dumps(page, indent=2) + "\n").encode())
    rows = {one.name: one.samples for one in found if one.samples is not None}
    if not rows:
        return [out / NUMBERS]
    modality = modality_of(real.spec)
    sheet = modality.compare({"real": real.held_out[modality.field]} | rows, real)
    return [out / NUMBERS, sheet.write(out / SAMPLES)]


def _names(sources: list[Path | str]) -> list[str]:
    """Short names, or the whole paths where short ones would be alike."""
    short = [Path(source).name for source in sources]
    return short if len(set(short)) == len(short) else [str(source) for source in sources]


def _of_run(
    run: Run,
    name: str,
    dataset: Dataset,
    n: int,
    seed: int,
    features: Features | None,
    metrics: str | Sequence[str | Metric] | None,
) -> Compared:
    numbers = measure(run.game, dataset, n, seed, features, metrics)
    if dataset.domains or not isinstance(run.game, Samples | ConditionalSampler):
        return Compared(name, numbers, None)
    return Compared(name, numbers, run.sample(modality_of(dataset.spec).compare_count).cpu())


def _of_samples(
    samples: Tensor,
    how: str,
    name: str,
    dataset: Dataset,
    seed: int,
    features: Features | None,
    metrics: str | Sequence[str | Metric] | None,
) -> Compared:
    """how: the samples were read, for the protocol."""
    numbers = measure_samples(samples, dataset, seed, features, metrics)
    if how:
        numbers = {
            key: replace(number, protocol=replace(number.protocol, resize=_joined(how, number)))
            for key, number in numbers.items()
        }
    return Compared(name, numbers, samples)


def _joined(how: str, number: Measured) -> str:
    return f"samples read: {how}; {number.protocol.resize}"

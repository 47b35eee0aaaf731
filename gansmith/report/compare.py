"""Runs and folders side by side: the same numbers made in the same way, a table and one picture."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gansmith.data import DataError, Dataset, open_data
from gansmith.evaluation.evaluate import COUNT, measure, measure_samples
from gansmith.metrics import Features, Measured, check_alike
from gansmith.metrics.samples import choose
from gansmith.modalities.sheets import spectra, to_uint8
from gansmith.runs.checkpoint import replace
from gansmith.runs.config import FILE
from gansmith.runs.run import Run

SHOWN = 12  # samples of each in the picture
NUMBERS, PICTURE, SENTENCES = "comparison.json", "samples.png", "samples.txt"


@dataclass(frozen=True)
class Compared:
    """One of those compared: its numbers, and some samples to look at, if it makes any."""

    name: str
    numbers: dict[str, Measured]
    samples: Tensor | None


def compare(
    sources: list[Path | str],
    against: str | Path | None = None,
    *,
    n: int = COUNT,
    seed: int = 0,
    checkpoint: str = "best",
    features: Features | None = None,
    force: bool = False,
) -> list[Compared]:
    """Measure runs, or files of samples, against the same held-out data.

    sources: run folders, or paths that `open_data` reads. against: a data set by name or path;
    without it each run is measured against its own data.
    force: compare also numbers that were made in different ways, where that is known.
    Raises ValueError for samples that do not fit the data; ProtocolError for numbers that were not
    made alike; DataError for a folder without `against`.
    """
    common = None if against is None else open_data(against)
    kind = None if common is None else common.spec.kind
    found: list[Compared] = []
    for source, name in zip(sources, _names(sources), strict=True):
        if (Path(source) / FILE).is_file():
            run = Run.open(source).choose(checkpoint)
            kind = kind or run.dataset.spec.kind
            _alike(run.dataset.spec.kind, name, kind)
            found.append(_of_run(run, name, common or run.dataset, n, seed, features))
        elif common is None:
            raise DataError(
                f"{source} is not a run: say what its samples are measured against, --against DATA"
            )
        else:
            samples = everything(source, common)
            found.append(_of_samples(choose(samples, n, seed), name, common, seed, features))
    if not force:
        for key in set.intersection(*(set(one.numbers) for one in found)):
            check_alike({one.name: one.numbers[key] for one in found})
    return found


def write_comparison(found: list[Compared], out: Path, real: Dataset) -> list[Path]:
    """Write the numbers as JSON and some samples of each, beside real ones; what was written."""
    page = {one.name: {k: v.to_json() for k, v in one.numbers.items()} for one in found}
    replace(out / NUMBERS, (json.dumps(page, indent=2) + "\n").encode())
    written = [out / NUMBERS]
    rows = {one.name: one.samples for one in found if one.samples is not None}
    if not rows:
        return written
    kind = real.spec.kind
    if kind == "text":
        lines = []
        for name, tokens in rows.items():
            lines += [f"{name}:", *("  " + line for line in real.sentences(tokens[:SHOWN])), ""]
        replace(out / SENTENCES, "\n".join(lines).encode())
        return [*written, out / SENTENCES]
    rows = {"real": real.held["real"]} | rows
    if kind == "sound":
        rows = {name: spectra(waves[:SHOWN], real.spec.rate) for name, waves in rows.items()}
    draw = _points if kind == "points" else _pictures
    replace(out / PICTURE, draw(rows))
    return [*written, out / PICTURE]


def _names(sources: list[Path | str]) -> list[str]:
    """Short names, or the whole paths where short ones would be alike."""
    short = [Path(source).name for source in sources]
    return short if len(set(short)) == len(short) else [str(source) for source in sources]


def _of_run(
    run: Run, name: str, dataset: Dataset, n: int, seed: int, features: Features | None
) -> Compared:
    numbers = measure(run.game, dataset, n, seed, features)
    if dataset.spec.kind in ("unpaired", "labels"):
        return Compared(name, numbers, None)
    return Compared(name, numbers, run.sample(SHOWN * (50 if dataset.spec.kind == "points" else 1)))


def _of_samples(
    samples: Tensor, name: str, dataset: Dataset, seed: int, features: Features | None
) -> Compared:
    return Compared(name, measure_samples(samples, dataset, seed, features), samples)


def everything(source: Path | str, dataset: Dataset) -> Tensor:
    """All samples of a path, what would be held out included."""
    channels = dataset.spec.channels if dataset.spec.kind == "image" else None
    opened = open_data(source, channels=channels)
    _alike(opened.spec.kind, str(source), dataset.spec.kind)
    field = "tokens" if opened.spec.kind == "text" else "real"
    if opened.vocabulary != dataset.vocabulary:
        raise DataError(f"{source} has words of its own: of sentences only runs can be compared")
    return torch.cat([opened.train[field], opened.held[field]])


def _alike(kind: str, name: str, other: str) -> None:
    if kind != other:
        raise ValueError(f"{name} is of the kind {kind}: it cannot be compared with {other}")


def _pictures(rows: dict[str, Tensor]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SHOWN * 0.62 + 1.5, 0.68 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axes, (name, samples) in zip(grid, rows.items(), strict=True):
        shown = samples[:SHOWN]
        shown = shown if shown.dtype == torch.uint8 else to_uint8(shown)
        strip = torch.cat(list(shown.expand(-1, 3, -1, -1)), 2).permute(1, 2, 0)
        axes.imshow(strip.numpy(), interpolation="nearest")
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
    return _png(figure)


def _points(rows: dict[str, Tensor]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6 * len(rows), 2.8), layout="constrained")
    row = figure.subplots(1, len(rows), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (name, samples) in zip(row, rows.items(), strict=True):
        if samples.shape[1] == 1:
            axes.hist(samples[:, 0].numpy(), 60, density=True)
        else:
            axes.scatter(*samples[:600, :2].T.numpy(), s=3, alpha=0.5)
        axes.set_title(name, fontsize=8)
    return _png(figure)


def _png(figure: Any) -> bytes:
    page = io.BytesIO()
    figure.savefig(page, format="png", dpi=110, metadata={"Software": None})
    return page.getvalue()

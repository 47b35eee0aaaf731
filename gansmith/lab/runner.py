"""Runs an experiment arm by arm and seed by seed, writes each result down, and goes on later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from gansmith.core.trainer import NonFiniteError
from gansmith.lab.experiment import Arms, Experiment, Form, Verdict, judged
from gansmith.runs.checkpoint import replace
from gansmith.runs.run import versions


def path_of(folder: Path, id_: str, full: bool) -> Path:
    """The file of an experiment's results."""
    return folder / f"{id_}{'-full' if full else ''}.json"


def play(
    experiment: Experiment,
    folder: Path,
    *,
    full: bool = False,
    seeds: int | None = None,
    say: Callable[[str], None] = print,
) -> Verdict:
    """Play what is missing of an experiment and judge it; results are written after every arm.

    A seed that diverges is a result. Settings that have changed since begin anew.
    """
    form = experiment.full if full else experiment.quick
    count = form.seeds if seeds is None else seeds
    path = path_of(folder, experiment.id, full)
    runs = _known(path, form)
    for seed in range(count):
        for arm in experiment.arms:
            if any(run["arm"] == arm and run["seed"] == seed for run in runs):
                continue
            say(f"{experiment.id} {arm}, seed {seed}")
            runs.append(_played(experiment, form, arm, seed))
            _write(path, experiment, form, full, count, runs)
    return _write(path, experiment, form, full, count, runs)


def read(path: Path, experiment: Experiment) -> tuple[Arms, dict[str, Any]]:
    """The numbers of a file of results, by arms, and the whole file."""
    page = json.loads(path.read_text())
    return _arms(experiment, page["runs"]), page


def _played(experiment: Experiment, form: Form, arm: str, seed: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    began = time.perf_counter()
    try:
        numbers = experiment.run(arm, seed, **form.settings)
    except NonFiniteError as error:
        numbers = {"diverged": str(error)}
    seconds = round(time.perf_counter() - began, 2)
    return {"arm": arm, "seed": seed, "seconds": seconds, "numbers": numbers}


def _known(path: Path, form: Form) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    page = json.loads(path.read_text())
    same = page["settings"] == json.loads(json.dumps(dict(form.settings)))
    return list(page["runs"]) if same else []


def _arms(experiment: Experiment, runs: list[dict[str, Any]]) -> Arms:
    return Arms({a: [run["numbers"] for run in runs if run["arm"] == a] for a in experiment.arms})


def _write(
    path: Path,
    experiment: Experiment,
    form: Form,
    full: bool,
    count: int,
    runs: list[dict[str, Any]],
) -> Verdict:
    runs = sorted(runs, key=lambda run: (experiment.arms.index(run["arm"]), run["seed"]))
    complete = len(runs) >= count * len(experiment.arms)
    verdict = judged(experiment, _arms(experiment, runs if complete else []))
    said = "" if count == form.seeds else f" --seeds {count}"
    page = {
        "id": experiment.id,
        "form": "full" if full else "quick",
        "settings": dict(form.settings),
        "command": f"gansmith lab run {experiment.id}{' --full' if full else ''}{said}",
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": asdict(verdict),
        "runs": runs,
    }
    replace(path, (json.dumps(page, indent=1) + "\n").encode())
    return verdict

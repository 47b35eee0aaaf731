"""Runs an experiment arm by arm and seed by seed; an interrupted one is resumed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from gansmith.core.files import write_atomic
from gansmith.core.trainer import NonFiniteError
from gansmith.lab.experiment import Arms, Budget, Experiment, Verdict, compute_verdict
from gansmith.runs.run import versions


def results_path(folder: Path, id_: str, full: bool) -> Path:
    """The file of an experiment's results."""
    return folder / f"{id_}{'-full' if full else ''}.json"


def run_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    full: bool = False,
    seeds: int | None = None,
    log: Callable[[str], None] = print,
) -> Verdict:
    """Run the arms and seeds that have no result yet; results are written after every arm.

    A seed that diverges is a result. With other settings than before all results are dropped, and
    those of arms that there are no more.
    """
    budget = experiment.full if full else experiment.quick
    count = budget.seeds if seeds is None else seeds
    path = results_path(folder, experiment.id, full)
    runs = _previous_runs(path, budget, experiment.arms)
    for seed in range(count):
        for arm in experiment.arms:
            if any(run["arm"] == arm and run["seed"] == seed for run in runs):
                continue
            log(f"{experiment.id} {arm}, seed {seed}")
            runs.append(_run_arm(experiment, budget, arm, seed))
            _write(path, experiment, full, count, runs)
    return _write(path, experiment, full, count, runs)


def read_results(path: Path, experiment: Experiment) -> tuple[Arms, dict[str, Any]]:
    """The numbers in a file of results, by arm, and the whole file."""
    page = json.loads(path.read_text("utf-8"))
    return _arms(experiment, page["runs"]), page


def _run_arm(experiment: Experiment, budget: Budget, arm: str, seed: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    began = time.perf_counter()
    try:
        numbers = experiment.run(arm, seed, **budget.settings)
    except NonFiniteError as error:
        numbers = {"diverged": str(error)}
    seconds = round(time.perf_counter() - began, 2)
    return {"arm": arm, "seed": seed, "seconds": seconds, "numbers": numbers}


def _previous_runs(path: Path, budget: Budget, arms: tuple[str, ...]) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    page = json.loads(path.read_text("utf-8"))
    same = page["settings"] == json.loads(json.dumps(dict(budget.settings)))
    return [run for run in page["runs"] if same and run["arm"] in arms]


def _arms(experiment: Experiment, runs: list[dict[str, Any]]) -> Arms:
    return Arms({a: [run["numbers"] for run in runs if run["arm"] == a] for a in experiment.arms})


def _write(
    path: Path,
    experiment: Experiment,
    full: bool,
    count: int,
    runs: list[dict[str, Any]],
) -> Verdict:
    runs = sorted(runs, key=lambda run: (experiment.arms.index(run["arm"]), run["seed"]))
    complete = len(runs) >= count * len(experiment.arms)
    verdict = compute_verdict(experiment, _arms(experiment, runs if complete else []))
    budget = experiment.full if full else experiment.quick
    flags = (" --full" if full else "") + ("" if count == budget.seeds else f" --seeds {count}")
    page = {
        "id": experiment.id,
        "budget": "full" if full else "quick",
        "settings": dict(budget.settings),
        "command": f"gansmith lab run {experiment.id}{flags}",
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": asdict(verdict),
        "runs": runs,
    }
    write_atomic(path, (json.dumps(page, indent=1) + "\n").encode())
    return verdict

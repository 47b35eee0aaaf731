"""All results on one page that opens offline, as a table in Markdown, and as plots."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from gansmith.core.files import write_atomic
from gansmith.core.images import figure_png
from gansmith.lab.experiment import Arms, Experiment, Verdict, all_passed, compute_verdict
from gansmith.lab.experiments import EXPERIMENTS
from gansmith.lab.runner import read_results, results_path
from gansmith.rendering.page import page, section, table, tag

PAGE, TABLE, PICTURES = "report.html", "README.md", "pictures"
FRAME_MS = 150  # milliseconds of a frame in an animation


def write_report(folder: Path) -> list[Path]:
    """Write report.html, README.md and pictures/ beside the results of a folder.

    Raises FileNotFoundError when there are none.
    """
    sections, rows, written = [], [], []
    for experiment in EXPERIMENTS.values():
        for full in (True, False):
            path = results_path(folder, experiment.id, full)
            if not path.exists():
                continue
            arms, known = read_results(path, experiment)
            images = _images(experiment, arms)
            sections.append(_section(experiment, arms, known, images))
            rows.append(_row(experiment, arms, known))
            for kind, data in images.items():
                place = folder / PICTURES / f"{experiment.id}.{kind}"
                if place not in written:  # the full run comes first
                    written.append(place)
                    write_atomic(place, data)
    if not rows:
        raise FileNotFoundError(
            f"{folder} holds no results: run an experiment by `gansmith lab run ID`"
        )
    title = "The lab: what holds, and what does not"
    write_atomic(folder / PAGE, page(title, [tag("h1", title), *sections]).encode())
    heads = "| id | claim | run | verdict | numbers | holds at |\n|---|---|---|---|---|---|\n"
    intro = (
        "# Results of the lab\n\nMade by `gansmith lab report` from the JSON files here. A claim "
        "holds if its criterion does over all seeds and\nat each alone; if only at some, it "
        "depends on the seed. A verdict is inconclusive when the criterion also holds\nwith the "
        "control at half of the seeds or more, or the control diverged.\n\n"
    )
    write_atomic(folder / TABLE, (intro + heads + "\n".join(rows) + "\n").encode())
    return [folder / PAGE, folder / TABLE, *written]


def _images(experiment: Experiment, arms: Arms) -> dict[str, bytes]:
    """The plot and the animation of an experiment, as the contents of files by their suffix."""
    found: dict[str, bytes] = {}
    if any(not seeds for seeds in arms.numbers.values()):
        return found
    if experiment.plot is not None:
        found["png"] = figure_png(experiment.plot(arms))
    if experiment.animate is not None:
        pages = (io.BytesIO(figure_png(figure, dpi=72)) for figure in experiment.animate(arms))
        frames = [Image.open(page).convert("P") for page in pages]
        gif = io.BytesIO()
        first, *rest = frames
        pauses = [FRAME_MS] * len(rest) + [10 * FRAME_MS]
        first.save(gif, "GIF", save_all=True, append_images=rest, duration=pauses, loop=0)
        found["gif"] = gif.getvalue()
    return found


def _section(
    experiment: Experiment, arms: Arms, known: dict[str, Any], images: dict[str, bytes]
) -> str:
    verdict = compute_verdict(experiment, arms)
    facts = {
        "paper": experiment.paper,
        "metric": experiment.metric,
        "criterion": experiment.criterion,
        "found": "; ".join(_statement(check) for check in verdict.checks),
        "control": experiment.control_description,
        "control found": "; ".join(map(_statement, next(iter(verdict.control), ()))),
        "seeds": f"{_seed_counts(verdict)}; control found at the first",
        "run": f"{known['budget']}: {json.dumps(known['settings'])}",
        "departures": experiment.departures or "-",
        "command": known["command"],
        "made": f"{known['made']}, torch {known['versions']['torch']}",
    }
    shown = [
        f'<img src="data:image/{kind};base64,{base64.b64encode(data).decode()}" '
        f'alt="{experiment.id}">'
        for kind, data in images.items()
    ]
    return section(
        f"{experiment.id} {experiment.title}: {verdict.outcome}",
        tag("p", experiment.claim),
        f"<figure>{''.join(shown)}</figure>" if shown else "",
        table(facts),
        _seeds(arms),
    )


def _seeds(arms: Arms) -> str:
    """The numbers of every seed."""
    rows = {
        f"{arm}, seed {seed}": ", ".join(
            f"{key} {value:.4g}" if isinstance(value, int | float) else f"{key}: {value}"
            for key, value in numbers.items()
            if not isinstance(value, list)
        )
        for arm, seeds in arms.numbers.items()
        for seed, numbers in enumerate(seeds)
    }
    return f"<details>\n<summary>Every seed</summary>\n{table(rows)}\n</details>"


def _row(experiment: Experiment, arms: Arms, known: dict[str, Any]) -> str:
    verdict = compute_verdict(experiment, arms)
    found = "; ".join(_statement(check) for check in verdict.checks)
    seeds = max(len(seeds) for seeds in arms.numbers.values())
    budget = f"{known['budget']}, {seeds} seed{'s' if seeds > 1 else ''}"
    counts = _seed_counts(verdict)
    cells = (experiment.id, experiment.title, budget, verdict.outcome, found, counts)
    return f"| {' | '.join(cells)} |"


def _seed_counts(verdict: Verdict) -> str:
    """At how many of the seeds the criterion holds, and at how many with the control."""
    control = sum(map(all_passed, verdict.control))
    return f"{sum(verdict.seeds)} of {len(verdict.seeds)}, control {control}"


def _statement(check: Any) -> str:
    return check.statement if check.passed else f"NOT {check.statement}"

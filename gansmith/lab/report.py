"""All results on one page that opens offline, as a table in Markdown, and as pictures."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from gansmith.lab.experiment import Arms, Experiment, judged
from gansmith.lab.experiments import EXPERIMENTS
from gansmith.lab.runner import path_of, read
from gansmith.report.page import page, section, table, tag
from gansmith.runs.checkpoint import replace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE, TABLE, PICTURES = "report.html", "README.md", "pictures"
SHOWN = 150  # milliseconds of a picture in a film


def write_report(folder: Path) -> list[Path]:
    """Write report.html, README.md and pictures/ beside the results of a folder.

    Raises FileNotFoundError when there are none.
    """
    sections, rows, written = [], [], []
    for experiment in EXPERIMENTS.values():
        for full in (True, False):
            path = path_of(folder, experiment.id, full)
            if not path.exists():
                continue
            arms, known = read(path, experiment)
            images = _images(experiment, arms)
            sections.append(_section(experiment, arms, known, images))
            rows.append(_row(experiment, arms, known))
            for kind, data in images.items():
                place = folder / PICTURES / f"{experiment.id}.{kind}"
                if place not in written:  # the full form comes first
                    written.append(place)
                    replace(place, data)
    if not rows:
        raise FileNotFoundError(f"{folder} holds no results: play one by `gansmith lab run ID`")
    title = "The lab: what holds, and what does not"
    replace(folder / PAGE, page(title, [tag("h1", title), *sections]).encode())
    heads = "| id | claim | form | verdict | numbers | control |\n|---|---|---|---|---|---|\n"
    intro = (
        "# Results of the lab\n\nMade by `gansmith lab report` from the JSON files here. A verdict "
        "is inconclusive when the control, which must\nfail, passes too.\n\n"
    )
    replace(folder / TABLE, (intro + heads + "\n".join(rows) + "\n").encode())
    return [folder / PAGE, folder / TABLE, *written]


def _images(experiment: Experiment, arms: Arms) -> dict[str, bytes]:
    """The picture and the film of an experiment, as files by their kind."""
    found: dict[str, bytes] = {}
    if any(not seeds for seeds in arms.numbers.values()):
        return found
    if experiment.picture is not None:
        found["png"] = _drawn(experiment.picture(arms), 110)
    if experiment.film is not None:
        frames = [Image.open(io.BytesIO(_drawn(f, 72))).convert("P") for f in experiment.film(arms)]
        film = io.BytesIO()
        first, *rest = frames
        pause = [SHOWN] * len(rest) + [10 * SHOWN]
        first.save(film, "GIF", save_all=True, append_images=rest, duration=pause, loop=0)
        found["gif"] = film.getvalue()
    return found


def _drawn(figure: Figure, dpi: int) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, metadata={"Software": None})
    return drawn.getvalue()


def _section(
    experiment: Experiment, arms: Arms, known: dict[str, Any], images: dict[str, bytes]
) -> str:
    verdict = judged(experiment, arms)
    facts = {
        "paper": experiment.paper,
        "metric": experiment.metric,
        "criterion": experiment.criterion,
        "found": "; ".join(_marked(check) for check in verdict.checks),
        "control": experiment.fails,
        "control found": "; ".join(_marked(check) for check in verdict.control),
        "form": f"{known['form']}: {json.dumps(known['settings'])}",
        "departs": experiment.departs or "-",
        "command": known["command"],
        "made": f"{known['made']}, torch {known['versions']['torch']}",
    }
    shown = [
        f'<img src="data:image/{kind};base64,{base64.b64encode(data).decode()}" '
        f'alt="{experiment.id}">'
        for kind, data in images.items()
    ]
    return section(
        f"{experiment.id} {experiment.title}: {verdict.word}",
        tag("p", experiment.says),
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
    verdict = judged(experiment, arms)
    found = "; ".join(_marked(check) for check in verdict.checks)
    failed = sum(not check.passed for check in verdict.control)
    control = f"{failed} of {len(verdict.control)} fail"
    seeds = max(len(seeds) for seeds in arms.numbers.values())
    form = f"{known['form']}, {seeds} seed{'s' if seeds > 1 else ''}"
    return (
        f"| {experiment.id} | {experiment.title} | {form} | {verdict.word} | {found} | {control} |"
    )


def _marked(check: Any) -> str:
    return check.said if check.passed else f"NOT {check.said}"

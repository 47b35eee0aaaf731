"""All results on one page that opens offline, as a table in Markdown, and as pictures."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from gansmith.checkpoint import replace
from gansmith.lab.experiment import Arms, Experiment, judged
from gansmith.lab.experiments import EXPERIMENTS
from gansmith.lab.playing import path_of, read
from gansmith.report.page import page, section, table, tag

PAGE, TABLE, PICTURES = "report.html", "README.md", "pictures"


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
            drawn = _drawn(experiment, arms)
            sections.append(_section(experiment, arms, known, drawn))
            rows.append(_row(experiment, arms, known))
            if drawn is not None and (folder / PICTURES / f"{experiment.id}.png") not in written:
                written.append(folder / PICTURES / f"{experiment.id}.png")
                replace(written[-1], drawn)
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


def _drawn(experiment: Experiment, arms: Arms) -> bytes | None:
    if experiment.picture is None or any(not seeds for seeds in arms.numbers.values()):
        return None
    drawn = io.BytesIO()
    experiment.picture(arms).savefig(drawn, format="png", dpi=110, metadata={"Software": None})
    return drawn.getvalue()


def _section(experiment: Experiment, arms: Arms, known: dict[str, Any], drawn: bytes | None) -> str:
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
    image = ""
    if drawn is not None:
        data = base64.b64encode(drawn).decode()
        image = f'<figure><img src="data:image/png;base64,{data}" alt="{experiment.id}"></figure>'
    return section(
        f"{experiment.id} {experiment.title}: {verdict.word}",
        tag("p", experiment.says),
        image,
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
    form = f"{known['form']}, {max(len(seeds) for seeds in arms.numbers.values())} seeds"
    return (
        f"| {experiment.id} | {experiment.title} | {form} | {verdict.word} | {found} | {control} |"
    )


def _marked(check: Any) -> str:
    return check.said if check.passed else f"NOT {check.said}"

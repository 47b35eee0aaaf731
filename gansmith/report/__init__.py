"""report.html: a run on one page, in one file that opens offline and can be passed on.

It holds pictures, curves and numbers, and no path of the machine it was written on.
"""

from __future__ import annotations

import math
import shlex
from html import escape
from pathlib import Path
from typing import Any

from gansmith.core.files import write_atomic
from gansmith.evaluation.select import best_score
from gansmith.modalities import domains, modality_of
from gansmith.rendering.page import box, figure, page, picture, readable, section, tag
from gansmith.report.curves import Curve, loss_curve, score_curve
from gansmith.report.tables import configuration, numbers
from gansmith.runs import checkpoint
from gansmith.runs.options import repeat_command
from gansmith.runs.progress import format_duration
from gansmith.runs.recorder import read_log, read_scores
from gansmith.runs.run import Run

FILE = "report.html"
THUMBNAILS = 8
LINES = 6  # of a text that stands among others
LARGE, SMALL = 768, 192  # pixels, at most


def write_report(run: Run) -> Path:
    """Write report.html into the run's folder, whole or not at all, and return its path.

    What is not there yet (log, scores, sheets, metrics.json) is left out.
    """
    history = _History(run)
    head = tag("h1", history.title) + "\n" + tag("p", _summary(history), "soft")
    parts = (
        head,
        section("Samples", _latest(history)),
        section("Through time", _through_time(history)),
        section("Curves", _curves(history)),
        section("Numbers", numbers(run.folder)),
        section("How to go on", _commands(history)),
        section("Configuration", configuration(run.config)),
    )
    path = run.folder / FILE
    write_atomic(path, page(history.title, parts).encode())
    return path


def summary_html(run: Run) -> str:
    """Title, length, best score and newest sheet of a run, for a notebook."""
    history = _History(run)
    parts = (tag("h3", history.title), tag("p", _summary(history)), _latest(history))
    return "\n".join(part for part in parts if part)


class _History:
    """What a run folder holds of its training: curves, sample sheets, the step."""

    def __init__(self, run: Run) -> None:
        self.run, self.config = run, run.config
        modality = modality_of(run.spec)
        self.caption = domains.CAPTION if run.spec.domains else modality.caption
        self.wide = bool(run.spec.domains) or modality.wide
        self.title = f"{readable(run.config.preset)} on {readable(run.config.spec['name'])}"
        self.log = read_log(run.folder)
        self.scores = [s for s in read_scores(run.folder) if math.isfinite(s["value"])]
        self.sheets = _sheets(run.folder / "samples")
        logged = [line["step"] for line in self.log + self.scores]
        self.step = max(checkpoint.last_step(run.checkpoints), *logged, 0)
        self.best = best_score(self.scores)


def _sheets(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("[0-9]*") if path.suffix in (".png", ".txt")]
    return sorted(found, key=_step)


def _step(sheet: Path) -> int:
    return int(sheet.stem)


def _summary(history: _History) -> str:
    config, seconds = history.config, history.run.seconds
    if config.minutes is not None:
        length = f"Step {history.step} of a run of {config.minutes:g} min"
    else:
        length = f"Step {history.step} of {config.steps}"
    time = f", after {format_duration(seconds)}" if seconds else ""
    if history.best is None:
        return f"{length}{time}."
    best = history.best
    return f"{length}{time}; best {best['metric']} {best['value']:.4g}, at step {best['step']}."


def _shown(sheet: Path, alt: str, side: int, lines: int | None = None) -> str:
    if sheet.suffix == ".png":
        return picture(sheet, alt, side)
    return tag("pre", "\n".join(sheet.read_text("utf-8").splitlines()[:lines]))


def _latest(history: _History) -> str:
    if not history.sheets:
        return ""
    sheet = history.sheets[-1]
    shown = _shown(sheet, f"samples at step {_step(sheet)}", LARGE)
    caption = escape(f"Step {_step(sheet)}. {history.caption}")
    return box(figure(shown, caption), "large")


def _through_time(history: _History) -> str:
    sheets = spread(history.sheets, THUMBNAILS)
    if len(sheets) < 2:
        return ""
    shown = (
        figure(_shown(sheet, f"step {_step(sheet)}", SMALL, LINES), f"step {_step(sheet)}")
        for sheet in sheets
    )
    return box("\n".join(shown), "row wide" if history.wide else "row")


def spread(things: list[Path], most: int) -> list[Path]:
    """At most `most` of the things, evenly spaced, the first and the last among them."""
    if len(things) <= most:
        return things
    return [things[round(i * (len(things) - 1) / (most - 1))] for i in range(most)]


def _curves(history: _History) -> str:
    panels = [_score(history), *_numbers(history)] if history.scores else []
    names = dict.fromkeys(key for line in history.log for key in line if key != "step")
    terms = {name: _term(history, name) for name in names}
    zero = [name for name, curve in terms.items() if not any(value for _, value in curve)]
    panels += [_loss(history, name, curve) for name, curve in terms.items() if name not in zero]
    notes = []
    if terms:
        notes.append("Terms and notes by phase: thin, the values logged; thick, their moving mean.")
    if zero:
        notes.append(f"0 throughout: {', '.join(zero)}.")
    return box("\n".join(panels), "panels") + (tag("p", " ".join(notes), "soft") if notes else "")


def _score(history: _History) -> str:
    metric = history.scores[-1]["metric"]
    curve = [(score["step"], score["value"]) for score in history.scores]
    better = history.scores[-1].get("better", "lower")
    caption = f"<b>{escape(metric)}</b> {better} is better"
    best = None
    if history.best is not None:
        best = history.best["step"], history.best["value"]
        caption += f'<br><span class="mark">&#9679;</span> best {best[1]:.4g}, step {best[0]}'
    return figure(score_curve(curve, best, history.step, metric), caption)


def _numbers(history: _History) -> list[str]:
    """The other numbers that were asked for at every look."""
    names = list(history.scores[-1].get("numbers", {}))[1:]
    curves = {
        name: [
            (score["step"], score["numbers"][name])
            for score in history.scores
            if name in score.get("numbers", {})
        ]
        for name in names
    }
    return [
        figure(score_curve(curve, None, history.step, name), f"<b>{escape(name)}</b>")
        for name, curve in curves.items()
    ]


def _term(history: _History, name: str) -> Curve:
    return [
        (line["step"], line[name])
        for line in history.log
        if name in line and math.isfinite(line[name])
    ]


def _loss(history: _History, name: str, curve: Curve) -> str:
    phase, _, term = name.rpartition("/")
    caption = f"<b>{escape(phase)}</b> {escape(term)}"
    return figure(loss_curve(curve, history.step, name), caption)


def _commands(history: _History) -> str:
    config = history.config
    name = shlex.quote(history.run.folder.resolve().name) + " --trust" * bool(config.code_names)
    ended = config.minutes is None and history.step >= config.steps
    longer = f" --steps {2 * history.step}" if ended else ""
    use = _use(history.run, name)
    commands = (f"train --resume {name}{longer}", f"evaluate {name}", *use, f"export {name}")
    note = "In the folder that holds the run:"
    return (
        tag("p", note, "soft")
        + tag("pre", "\n".join(f"gansmith {c}" for c in commands))
        + tag("p", "The same run again, in the folder that holds its data:", "soft")
        + tag("pre", repeat_command(config, _defaults(history.run)))
    )


def _defaults(run: Run) -> dict[str, Any]:
    """The defaults of the keywords; nothing where the run's preset may not, or cannot, be had."""
    try:
        return run.preset.keywords({})
    except Exception:  # as in `_use`
        return {}


def _use(run: Run, name: str) -> list[str]:
    """What one would do with the run; nothing where its preset can no longer be built."""
    try:
        return [run.next_command(name)]
    except Exception:  # whatever a preset in a file of one's own raises, or that it is gone
        return []

"""What a sweep found: the command of its best trial, a picture, and report.html."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.report.page import page, picture, section, tag
from gansmith.runs import checkpoint
from gansmith.sweep.plan import Asked
from gansmith.sweep.search_space import Range
from gansmith.sweep.study import Sweep
from gansmith.sweep.trial import Trial, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE, FILE = "scores.png", "report.html"
ACROSS, SIDE = 3, 2.6  # panels in a row, and their size in inches
LONGEST = 160  # letters of a reason in the table
FLAGS = {"begin_from": "from"}


def command(asked: Asked, trial: Trial) -> str:
    """`gansmith train` with the keywords of a trial, ready to be typed."""
    words = ["gansmith", "train", asked.preset, "--data", asked.data]
    for name, value in (asked.train | trial.keywords).items():
        option = f"--{FLAGS.get(name, name).replace('_', '-')}"
        if isinstance(value, bool):
            if value or name not in ("paper", "skip_bad", "compile"):
                words.append(option if value else f"--no-{option[2:]}")
        elif value is not None:
            words += [option, str(value)]
    return shlex.join(words)


def why(trial: Trial) -> str:
    """What went wrong in a trial, in a line."""
    line = " ".join(trial.why.split())
    if trial.state == "diverged":
        return re.sub(r"^step \d+, ", "", line).partition(". ")[0]
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def rows(asked: Asked, trials: Sequence[Trial]) -> tuple[list[str], list[list[str]]]:
    """The heads and the cells of the table of trials."""
    heads = ["trial", *asked.vary, asked.measured, "at step", "played", "state", "why"]
    cells = []
    for trial in trials:
        score = "" if trial.score is None else f"{trial.score:.4g}"
        steps = ("" if step is None else str(step) for step in (trial.best, trial.step))
        values = [
            said({name: trial.keywords.get(name, "")})[len(name) + 1 :] for name in asked.vary
        ]
        cells.append([str(trial.number), *values, score, *steps, trial.state, why(trial)])
    return heads, cells


def write_sweep_report(sweep: Sweep) -> Path:
    """Write scores.png and report.html into the sweep's folder; the path of the page."""
    asked, trials = sweep.asked, sweep.trials()
    title = f"Sweep of {Path(asked.preset).name} on {Path(asked.data).name}"
    done = [trial for trial in trials if trial.score is not None]
    failed = sum(trial.failed for trial in trials)
    summary = (
        f"{len(done)} of {len(trials)} trials have a score, {failed} failed; "
        f"{asked.sampler} search, seed {asked.seed}. {asked.better.capitalize()} is better."
    )
    checkpoint.replace(sweep.folder / PICTURE, _picture(asked, trials))
    heads, cells = rows(asked, trials)
    table = "<table>\n" + "\n".join(
        f"<tr>{''.join(tag(kind, cell) for cell in line)}</tr>"
        for kind, lines in (("th", [heads]), ("td", cells))
        for line in lines
    )
    best = tag("pre", command(asked, done[0])) if done else ""
    parts = (
        tag("h1", title) + "\n" + tag("p", summary, "soft"),
        section("The best keywords", best),
        section(
            "Scores",
            picture(sweep.folder / PICTURE, "score against each keyword", 1200),
            tag("p", "Each point a trial; crosses on top are trials that failed.", "soft"),
        ),
        section("Trials", f"{table}\n</table>"),
    )
    path = sweep.folder / FILE
    checkpoint.replace(path, page(title, parts).encode())
    return path


def _picture(asked: Asked, trials: Sequence[Trial]) -> bytes:
    """The score against each keyword, as PNG; failed trials are crosses on top."""
    from matplotlib.figure import Figure

    names = list(asked.vary)
    across = min(ACROSS, len(names))
    down = -(-len(names) // across)
    figure = Figure(figsize=(across * SIDE + 0.4, down * SIDE), layout="constrained", dpi=120)
    panels = figure.subplots(down, across, squeeze=False, sharey=True).flat
    scores = [trial.score for trial in trials if trial.score is not None]
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, asked, name, [trial for trial in trials if name in trial.keywords])
        if scores and max(scores) > 10 * min(scores) > 0:
            axes.set_yscale("log")
    for axes in list(panels)[len(names) :]:
        axes.remove()
    figure.supylabel(asked.measured, fontsize=9)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _panel(axes: Axes, asked: Asked, name: str, trials: Sequence[Trial]) -> None:
    part = asked.vary[name]

    def place(trial: Trial) -> Any:
        value = trial.keywords[name]
        return value if isinstance(part, Range) else part.values.index(value)

    if not isinstance(part, Range):
        axes.set_xticks(range(len(part.values)), [str(value) for value in part.values])
        axes.set_xlim(-0.5, len(part.values) - 0.5)
    elif part.log:
        axes.set_xscale("log")
    done = [trial for trial in trials if trial.score is not None]
    failed = [trial for trial in trials if trial.failed]
    shown = [trial.score for trial in done if trial.score is not None]
    axes.plot([place(trial) for trial in done], shown, "o", ms=4, color="#2261b5", alpha=0.8)
    if done:
        axes.plot(place(done[0]), shown[0], "o", ms=8, mfc="none", color="#2261b5")
    on_top = axes.get_xaxis_transform()
    heights = [0.97] * len(failed)
    axes.plot(
        [place(trial) for trial in failed], heights, "x", ms=5, color="#d0481c", transform=on_top
    )
    axes.set_xlabel(name, fontsize=9)
    axes.tick_params(labelsize=7)
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)

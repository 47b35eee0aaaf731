"""The report of a sweep: the command of its best trial, scores.png, and report.html."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.core.files import write_atomic
from gansmith.core.images import figure_png
from gansmith.rendering.axes import logarithmic
from gansmith.rendering.page import page, picture, section, tag
from gansmith.runs.options import as_options, data_option, to_words
from gansmith.sweeps.plan import SweepConfig
from gansmith.sweeps.search_space import Range
from gansmith.sweeps.study import Sweep
from gansmith.sweeps.trial import Trial, format_keywords

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE, FILE = "scores.png", "report.html"
COLUMNS, SIDE = 3, 2.6  # panels in a row, and their size in inches
DECADES = 100  # between the ends of a range from which only powers of ten are written
MAX_LETTERS = 24  # of all choices of a keyword, which then stand upright
MAX_REASON = 160  # characters of a reason in the table
NAMES = {"begin_from": "from"}  # options by another name than in Python


def train_command(config: SweepConfig, trial: Trial) -> str:
    """The `gansmith train` command with the keywords of a trial."""
    keywords = as_options(config.train | trial.keywords)
    options = {NAMES.get(name, name): value for name, value in keywords.items()}
    words = to_words({"preset": config.preset, "data": data_option(config.data)} | options)
    return shlex.join(["gansmith", "train", *words])


def failure_reason(trial: Trial) -> str:
    """Why a trial failed, in one line."""
    if trial.state == "diverged" and trial.term:
        return f"not finite: {trial.term}"
    line = " ".join(trial.reason.split())
    return line if len(line) <= MAX_REASON else f"{line[:MAX_REASON]}..."


def table_rows(config: SweepConfig, trials: Sequence[Trial]) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of the table of trials."""
    header = ["trial", config.metric_name, "at step", "steps", *config.vary, "state", "reason"]
    cells = []
    for trial in trials:
        score = "" if trial.score is None else f"{trial.score:.4g}"
        steps = ("" if step is None else str(step) for step in (trial.best_step, trial.step))
        values = [
            format_keywords({name: trial.keywords.get(name, "")})[len(name) + 1 :]
            for name in config.vary
        ]
        cells.append(
            [str(trial.number), score, *steps, *values, trial.state, failure_reason(trial)]
        )
    return header, cells


def write_sweep_report(sweep: Sweep) -> Path:
    """Write scores.png and report.html into the sweep's folder; the path of the page."""
    config, trials = sweep.config, sweep.trials()
    title = f"Sweep of {Path(config.preset).name} on {Path(config.data).name}"
    done = [trial for trial in trials if trial.score is not None]
    failed = sum(trial.failed for trial in trials)
    summary = (
        f"{len(done)} of {len(trials)} trials have a score, {failed} failed; "
        f"{config.sampler} search, seed {config.seed}. {config.better.capitalize()} is better."
    )
    write_atomic(sweep.folder / PICTURE, score_picture(config, trials))
    header, cells = table_rows(config, trials)
    table = "<table>\n" + "\n".join(
        f"<tr>{''.join(tag(kind, cell) for cell in line)}</tr>"
        for kind, lines in (("th", [header]), ("td", cells))
        for line in lines
    )
    best = tag("pre", train_command(config, done[0])) if done else ""
    parts = (
        tag("h1", title) + "\n" + tag("p", summary, "soft"),
        section("The best keywords", best),
        section(
            "Scores",
            picture(sweep.folder / PICTURE, "score against each keyword", 1200),
            tag("p", "Each point is a trial; crosses at the top are trials that failed.", "soft"),
        ),
        section("Trials", f"{table}\n</table>"),
    )
    path = sweep.folder / FILE
    write_atomic(path, page(title, parts).encode())
    return path


def score_picture(config: SweepConfig, trials: Sequence[Trial]) -> bytes:
    """The score against each keyword, as PNG; failed trials are crosses at the top."""
    from matplotlib.figure import Figure

    names = list(config.vary)
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(columns * SIDE + 0.4, rows * SIDE), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
    scores = [trial.score for trial in trials if trial.score is not None]
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, config, name, [trial for trial in trials if name in trial.keywords])
        if scores and max(scores) > 10 * min(scores) > 0:
            logarithmic(axes, "y")
    for axes in panels[len(names) :]:
        axes.remove()
    if not scores:
        panels[0].set_yticks([])
    figure.supylabel(config.metric_name, fontsize=9)
    return figure_png(figure, dpi=120)


def _panel(axes: Axes, config: SweepConfig, name: str, trials: Sequence[Trial]) -> None:
    from matplotlib.ticker import MaxNLocator

    dimension = config.vary[name]

    def x(trial: Trial) -> Any:
        value = trial.keywords[name]
        return value if isinstance(dimension, Range) else dimension.values.index(value)

    if not isinstance(dimension, Range):
        words = [str(value) for value in dimension.values]
        crowded = sum(map(len, words)) > MAX_LETTERS
        axes.set_xticks(range(len(words)), words, rotation=45 if crowded else 0)
        axes.set_xlim(-0.5, len(words) - 0.5)
    elif dimension.log:
        wide = dimension.high >= DECADES * dimension.low
        logarithmic(axes, "x", (1,) if wide else (1, 2, 5))
        axes.set_xlim(dimension.low / 1.3, dimension.high * 1.3)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=dimension.integer))
        edge = 0.08 * (dimension.high - dimension.low)
        axes.set_xlim(dimension.low - edge, dimension.high + edge)
    done = [trial for trial in trials if trial.score is not None]
    failed = [trial for trial in trials if trial.failed]
    scores = [trial.score for trial in done if trial.score is not None]
    axes.plot([x(trial) for trial in done], scores, "o", ms=4, color="#2261b5", alpha=0.8)
    if done:
        axes.plot(x(done[0]), scores[0], "o", ms=8, mfc="none", color="#2261b5")
    on_top = axes.get_xaxis_transform()
    heights = [0.97] * len(failed)
    axes.plot([x(trial) for trial in failed], heights, "x", ms=5, color="#d0481c", transform=on_top)
    axes.set_xlabel(name, fontsize=9)
    axes.tick_params(labelsize=7)
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)

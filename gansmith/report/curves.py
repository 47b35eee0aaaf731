"""Curves of a run as inline SVG that takes its colours from the page, light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from gansmith.rendering.axes import logarithmic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 400  # points drawn of one curve, so that a long run's page stays small
SPAN = 20  # the moving mean spans one value in so many
RAW, LINE, MARK, GRID = "#0a0001", "#0a0002", "#0a0003", "#0a0004"
COLOURS = {  # what is drawn, and what the page puts in its place
    RAW: "var(--raw)",
    LINE: "var(--line)",
    MARK: "var(--mark)",
    GRID: "var(--rule)",
    "#000000": "currentColor",
}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
# What only a file of its own needs. The ids that stay are hashes of what they name and the title.
LEFT_OUT = re.compile(
    r' (?:id="[\w.]+_\d+"|(?:clip-path|width|height|version|xmlns(?::\w+)?)="[^"]*")'
    r"|<style.*?</style>|<clipPath.*?</clipPath>",
    re.DOTALL,
)

Curve = Sequence[tuple[int, float]]  # steps and values


def moving_mean(values: Sequence[float], span: int) -> list[float]:
    """The mean of the values around each: span // 2 on both sides, fewer towards the ends."""
    total = np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64))])
    place = np.arange(len(values))
    begin, end = np.maximum(place - span // 2, 0), np.minimum(place + span // 2 + 1, len(values))
    means: list[float] = ((total[end] - total[begin]) / (end - begin)).tolist()
    return means


def thinned(curve: Curve, most: int = MOST) -> Curve:
    """At most `most` points of a curve: the lowest and the highest of each stretch stay."""
    if len(curve) <= most:
        return curve
    kept: list[tuple[int, float]] = []
    for places in np.array_split(np.arange(len(curve)), most // 2):
        stretch = [curve[place] for place in places]
        kept += sorted({min(stretch, key=_value), max(stretch, key=_value)})
    return kept


def loss_curve(curve: Curve, last: int, title: str) -> str:
    """The values of a loss term, thin, and their moving mean, on an axis from 0 to `last`."""
    figure, axes = _begun(last)
    means = moving_mean([value for _, value in curve], len(curve) // SPAN)
    smooth = [(step, mean) for (step, _), mean in zip(curve, means, strict=True)]
    axes.plot(*zip(*thinned(curve), strict=True), color=RAW, lw=0.7)
    axes.plot(*zip(*thinned(smooth), strict=True), color=LINE, lw=1.3)
    if len(curve) == 1:
        axes.plot(*curve[0], "o", color=LINE, ms=3)
    return _svg(figure, title)


def score_curve(curve: Curve, best: tuple[int, float] | None, last: int, title: str) -> str:
    """The scores, with a mark at the best; logarithmic where they span more than a factor 10."""
    figure, axes = _begun(last)
    values = [value for _, value in curve]
    if max(values) > 10 * min(values) > 0:
        logarithmic(axes, "y")
    axes.plot(*zip(*thinned(curve), strict=True), "-", color=LINE, lw=1.3)
    if best is not None:
        axes.plot(*best, "o", color=MARK, ms=5)
    return _svg(figure, title)


def _value(point: tuple[int, float]) -> float:
    return point[1]


def _begun(last: int) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(3.3, 1.8), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0, labelsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlim(0, max(last, 1))
    axes.grid(color=GRID, lw=0.6)
    return figure, axes


def _svg(figure: Figure, title: str) -> str:
    import matplotlib

    page = io.StringIO()
    # Words stay words, and the same curve is drawn in the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(page, format="svg", transparent=True, metadata=NO_METADATA)
    drawn = page.getvalue()
    drawn = LEFT_OUT.sub("", drawn[drawn.index("<svg") :])
    for colour, variable in COLOURS.items():
        drawn = drawn.replace(colour, variable)
    return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)

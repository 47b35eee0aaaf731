"""Plots of points, shares and curves, as PNG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from gansmith.core.images import figure_png

SHOWN = 600  # points of a panel


def points_over_real(points: Tensor, real: Tensor) -> bytes:
    """Points (n, d) over real ones by their first two coordinates; a histogram where d is 1."""
    figure = _figure(5, 5)
    axes = figure.add_subplot()
    if real.shape[1] == 1:
        bins = np.linspace(float(real.min()) - 1, float(real.max()) + 1, 81).tolist()
        axes.hist(real[:, 0].numpy(), bins, density=True, alpha=0.4, label="real")
        axes.hist(points[:, 0].numpy(), bins, density=True, alpha=0.6, label="generated")
    else:
        axes.scatter(real[:, 0].numpy(), real[:, 1].numpy(), s=4, alpha=0.3, label="real")
        axes.scatter(points[:, 0].numpy(), points[:, 1].numpy(), s=4, alpha=0.6, label="generated")
        axes.set_aspect("equal")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, markerscale=3)
    return figure_png(figure, dpi=96)


def point_panels(named: Mapping[str, Tensor]) -> bytes:
    """A panel of points (n, d) for each name, with common axes."""
    figure = _figure(2.6 * len(named), 2.8)
    row = figure.subplots(1, len(named), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (name, points) in zip(row, named.items(), strict=True):
        if points.shape[1] == 1:
            axes.hist(points[:, 0].numpy(), 60, density=True)
        else:
            axes.scatter(*points[:SHOWN, :2].T.numpy(), s=3, alpha=0.5)
        axes.set_title(name, fontsize=8)
    return figure_png(figure)


def shares(names: list[str], generated: list[float], real: list[float], what: str) -> bytes:
    """Bars: the share of generated and of real examples in each class, mode or bin."""
    figure = _figure(6, 2.6)
    axes = figure.add_subplot()
    place = range(len(names))
    axes.bar([i - 0.2 for i in place], real, 0.4, label="real")
    axes.bar([i + 0.2 for i in place], generated, 0.4, label="generated")
    axes.set_xticks(list(place), names, rotation=45, ha="right", fontsize=7)
    axes.set_ylabel(f"share of {what}")
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return figure_png(figure)


def curve(values: list[float], name: str, level: float | None, level_name: str) -> bytes:
    """A curve through a run, with a level to compare it with."""
    figure = _figure(5, 2.4)
    axes = figure.add_subplot()
    axes.plot(values, lw=1)
    if level is not None:
        axes.axhline(level, color="grey", ls="--", lw=1)
        axes.annotate(level_name, (0, level), fontsize=7, va="bottom")
    if min(values) > 0 and max(values) > 30 * min(values):
        axes.set_yscale("log")
    axes.set_ylabel(name)
    axes.set_xlabel("through the run")
    return figure_png(figure)


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")

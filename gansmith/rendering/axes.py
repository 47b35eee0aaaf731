"""Axes of plots whose labels do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def logarithmic(axes: Axes, which: Literal["x", "y"], subs: Sequence[int] = (1, 2, 5)) -> None:
    """Make an axis logarithmic, with few plain numbers: matplotlib's own run into each other.

    subs: what the powers of ten are multiplied by.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(10, subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())

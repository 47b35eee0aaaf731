"""The pictures beside the verdicts, as PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gansmith.modalities.sheets import png, tile, to_uint8

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gansmith.diagnosis.evidence import Evidence

SHOWN = 16
COLUMNS = 8


def strip(x: Evidence, samples: Tensor) -> bytes | None:
    """Samples as a sheet, or a plot of points over real ones."""
    if x.kind == "image":
        return png(tile(samples, COLUMNS))
    if x.kind != "points" or x.fake.features.shape[1] < 2:
        return None
    figure = _begun(4, 4)
    axes = figure.add_subplot()
    for points, label in ((x.held.real, "real"), (x.fake.real, "generated")):
        across, up = points[:, :2].double().T.numpy()
        axes.scatter(across, up, s=3, alpha=0.4, label=label)
    axes.legend()
    return _png(figure)


def rows(named: dict[str, Tensor]) -> bytes:
    """A row of pictures for each name."""
    figure = _begun(SHOWN * 0.5 + 1, 0.6 * len(named))
    for axes, (name, pictures) in zip(
        figure.subplots(len(named), 1, squeeze=False)[:, 0], named.items(), strict=True
    ):
        shown = pictures[:SHOWN]
        shown = shown if shown.dtype == torch.uint8 else to_uint8(shown)
        line = torch.cat(list(shown.expand(-1, 3, -1, -1)), 2).permute(1, 2, 0)
        axes.imshow(line.numpy(), interpolation="nearest")
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
    return _png(figure)


def bars(names: list[str], ours: list[float], real: list[float], what: str) -> bytes:
    """Shares of the samples and of the real data in each class."""
    figure = _begun(6, 2.6)
    axes = figure.add_subplot()
    place = range(len(names))
    axes.bar([i - 0.2 for i in place], real, 0.4, label="real")
    axes.bar([i + 0.2 for i in place], ours, 0.4, label="generated")
    axes.set_xticks(list(place), names, rotation=45, ha="right", fontsize=7)
    axes.set_ylabel(f"share of {what}")
    axes.legend()
    return _png(figure)


def curve(values: list[float], name: str, level: float | None, said: str) -> bytes:
    """A curve through the run, with a level to compare it with."""
    figure = _begun(5, 2.4)
    axes = figure.add_subplot()
    axes.plot(values, lw=1)
    if level is not None:
        axes.axhline(level, color="grey", ls="--", lw=1)
        axes.annotate(said, (0, level), fontsize=7, va="bottom")
    if min(values) > 0 and max(values) > 30 * min(values):
        axes.set_yscale("log")
    axes.set_ylabel(name)
    axes.set_xlabel("through the run")
    return _png(figure)


def _begun(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: Figure) -> bytes:
    page = io.BytesIO()
    figure.savefig(page, format="png", dpi=110, metadata={"Software": None})
    return page.getvalue()

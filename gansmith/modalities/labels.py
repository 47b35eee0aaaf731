"""Label sets as something to read: a table, and pictures with their labels below."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from gansmith.data.spec import Dataset

COLUMNS, MOST = 6, 12  # pictures in a row, and on a page
RIGHT, WRONG, MISSED = "black", "tab:red", "tab:gray"


def said(row: Tensor, names: Sequence[str]) -> list[str]:
    """The names of the labels of one set, probabilities (L,), that are there."""
    return [name for name, value in zip(names, row.tolist(), strict=True) if value > 0.5]


def table(pictures: Sequence[str], made: Tensor, names: Sequence[str]) -> str:
    """A line for each picture, between tabs: its name, its labels, and how likely each label is."""
    lines = ["\t".join(["picture", "labels", *names])]
    for picture, row in zip(pictures, made, strict=True):
        numbers = [f"{value:.3f}" for value in row.tolist()]
        lines.append("\t".join([picture, ",".join(said(row, names)), *numbers]))
    return "\n".join(lines) + "\n"


def page(given: Tensor, made: Tensor, dataset: Dataset) -> bytes:
    """Held-out pictures, in turn, with the labels that were made of them, as a PNG.

    Labels that are not there are red, labels that were missed are grey and in brackets.
    given: uint8 (n, C, H, W). made: probabilities (n, L).
    """
    from matplotlib.figure import Figure

    count, names = min(len(made), MOST), dataset.spec.classes
    true = dataset.held["real"][torch.arange(count) % dataset.spec.held]
    rows = math.ceil(count / COLUMNS)
    most = int(torch.maximum(made[:count] > 0.5, true > 0.5).sum(1).max())
    figure = Figure(figsize=(1.3 * COLUMNS, (1.3 + 0.16 * most) * rows), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
    for place, axes in enumerate(grid):
        axes.axis("off")
        if place < count:
            shown = given[place].expand(3, -1, -1).permute(1, 2, 0)
            axes.imshow(shown.numpy(), interpolation="nearest")
            _write(axes, said(made[place], names), said(true[place], names), most)
    drawn, sheet = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=96, metadata={"Software": None})
    with Image.open(drawn) as whole:  # few colours: noise does not pack
        whole.convert("RGB").quantize(64, Image.Quantize.FASTOCTREE).save(sheet, format="PNG")
    return sheet.getvalue()


def _write(axes: object, made: list[str], true: list[str], most: int) -> None:
    lines = [(name, RIGHT if name in true else WRONG) for name in made]
    lines += [(f"({name})", MISSED) for name in true if name not in made]
    for place in range(most):  # empty lines too, so that all pictures have one size
        name, colour = lines[place] if place < len(lines) else (" ", RIGHT)
        axes.annotate(  # type: ignore[attr-defined]
            name, (0.5, -0.03 - 0.12 * place), xycoords="axes fraction", ha="center", va="top",
            fontsize=7, color=colour,
        )  # fmt: skip

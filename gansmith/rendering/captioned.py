"""Images with lines of text below each, the wrong ones in red and the missing ones in grey."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from PIL import Image
from torch import Tensor

from gansmith.core.images import figure_png, png_bytes

COLUMNS = 6
RIGHT, WRONG, MISSED = "black", "tab:red", "tab:gray"


def captioned(
    images: Tensor, found: Sequence[Sequence[str]], true: Sequence[Sequence[str]]
) -> bytes:
    """uint8 images (n, C, H, W) with the labels found in each, as PNG.

    Labels that are not in `true` are red; labels of `true` that were missed are grey, in brackets.
    """
    from matplotlib.figure import Figure

    count = len(found)
    rows = math.ceil(count / COLUMNS)
    most = max(len(set(f) | set(t)) for f, t in zip(found, true, strict=True))
    figure = Figure(figsize=(1.3 * COLUMNS, (1.3 + 0.16 * most) * rows), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, COLUMNS, squeeze=False).flatten()):
        axes.axis("off")
        if place < count:
            shown = images[place].expand(3, -1, -1).permute(1, 2, 0)
            axes.imshow(shown.numpy(), interpolation="nearest")
            _write(axes, found[place], true[place], most)
    with Image.open(io.BytesIO(figure_png(figure, dpi=96))) as whole:  # noise does not compress:
        few = whole.convert("RGB").quantize(64, Image.Quantize.FASTOCTREE)  # take few colours
        return png_bytes(few)


def _write(axes: Any, found: Sequence[str], true: Sequence[str], most: int) -> None:
    lines = [(name, RIGHT if name in true else WRONG) for name in found]
    lines += [(f"({name})", MISSED) for name in true if name not in found]
    for place in range(most):  # empty lines too, so that all images have one size
        name, colour = lines[place] if place < len(lines) else (" ", RIGHT)
        axes.annotate(
            name,
            (0.5, -0.03 - 0.12 * place),
            xycoords="axes fraction",
            ha="center",
            va="top",
            fontsize=7,
            color=colour,
        )

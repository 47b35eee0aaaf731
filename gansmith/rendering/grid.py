"""Images in rows: grids, and rows under each other with a name beside each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor

from gansmith.core.images import figure_png, resize, to_uint8

GAP = 2  # pixels between images
SMALLEST = 512  # pixels of the longer side of a grid: small ones are enlarged
COLUMNS = 8
IN_A_ROW = 12  # images of each name in `named_rows`


def make_grid(images: Tensor, columns: int = COLUMNS) -> Image.Image:
    """uint8 images (n, C, H, W), C 1 or 3, in rows of `columns` on white, enlarged when small."""
    return enlarged(plain_grid(images, columns))[0]


def plain_grid(images: Tensor, columns: int) -> Image.Image:
    """The same at the size of the images."""
    n, channels, height, width = images.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    grid = torch.full(
        (3, rows * (height + GAP) - GAP, columns * (width + GAP) - GAP), 255, dtype=torch.uint8
    )
    for place, image in enumerate(images.expand(n, 3, height, width) if channels == 1 else images):
        y, x = place // columns * (height + GAP), place % columns * (width + GAP)
        grid[:, y : y + height, x : x + width] = image
    return Image.fromarray(grid.permute(1, 2, 0).numpy())


def enlarged(page: Image.Image, side: int = SMALLEST) -> tuple[Image.Image, int]:
    """A small image by whole pixels, up to `side` for the longer side, and the factor."""
    scale = max(1, side // max(page.size))
    size = page.width * scale, page.height * scale
    return page.resize(size, Image.Resampling.NEAREST), scale


def stacked_rows(rows: Sequence[Tensor], columns: int) -> Image.Image:
    """Rows that belong together, column by column: an input above its output above the truth.

    rows: uint8 images (n, C, H, W) each, C 1 or 3; sizes may differ and are brought to the last's.
    columns: images in a row; what is left over starts another block of rows.
    """
    count, (height, width) = min(len(row) for row in rows), rows[-1].shape[-2:]
    alike = [resize(row[:count], (height, width), "nearest") for row in rows]
    whole = [row.expand(-1, 3, -1, -1) for row in alike]
    blocks = range(0, count // columns * columns or count, columns)
    return make_grid(torch.cat([row[i : i + columns] for i in blocks for row in whole]), columns)


def named_rows(named: Mapping[str, Tensor], count: int = IN_A_ROW) -> bytes:
    """A row of images for each name, as PNG. Images: uint8 or float in [-1, 1], (n, C, H, W)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(count * 0.62 + 1.5, 0.68 * len(named)), layout="constrained")
    column = figure.subplots(len(named), 1, squeeze=False)[:, 0]
    for axes, (name, images) in zip(column, named.items(), strict=True):
        shown = images[:count]
        shown = shown if shown.dtype == torch.uint8 else to_uint8(shown)
        strip = torch.cat(list(shown.expand(-1, 3, -1, -1)), 2).permute(1, 2, 0)
        axes.imshow(strip.numpy(), interpolation="nearest")
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
    return figure_png(figure)


def to_pil(image: Tensor) -> Image.Image:
    """One uint8 image (C, H, W), grey when C is 1."""
    rows = image.permute(1, 2, 0).numpy()
    return Image.fromarray(rows[:, :, 0] if rows.shape[2] == 1 else rows)

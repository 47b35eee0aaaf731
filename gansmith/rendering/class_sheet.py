"""Images of classes with their names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gansmith.core.images import png_bytes
from gansmith.rendering.grid import COLUMNS, GAP, enlarged, plain_grid

FEW = 12  # classes that get rows of their own; more are shown by one image each,
MOST = 48  # and no more than these
LONGEST = 24  # characters of a name
FONT_SIZE = 13
MARGIN = 6  # pixels around a name
LARGE = 768  # pixels of the longer side, up to which small images are enlarged
APART = 3 * GAP  # pixels between two classes of several rows


def class_sheet(images: Tensor, labels: Tensor, names: Sequence[str]) -> bytes:
    """uint8 images (n, C, H, W) of classes (n,), with the names of these, near square, as PNG.

    Up to FEW classes: as many images of each, in rows beside its name. More, or a single image of
    each: one image above each name.
    """
    shown = labels.unique().tolist()[:MOST]
    places = [(labels == label).nonzero().flatten() for label in shown]
    words = [names[label] for label in shown]
    each = min(map(len, places))
    if len(shown) > FEW or each == 1 < len(shown):
        return _tiles([images[rows[:1]] for rows in places], words)
    lines = max(1, round((each / len(shown)) ** 0.5))
    columns = each // lines
    return _rows([images[rows[: columns * lines]] for rows in places], words, columns)


def _rows(blocks: list[Tensor], names: list[str], columns: int) -> bytes:
    grids = [plain_grid(block, columns) for block in blocks]
    width, height = grids[0].size
    step = height + (APART if len(blocks[0]) > columns else GAP)
    page = Image.new("RGB", (width, (len(grids) - 1) * step + height), "white")
    for row, grid in enumerate(grids):
        page.paste(grid, (0, row * step))
    page, scale = enlarged(page, LARGE)
    words = [_cut(name) for name in names]
    left = max(map(_length, words)) + 2 * MARGIN
    whole = Image.new("RGB", (left + page.width, page.height), "white")
    whole.paste(page, (left, 0))
    pen = ImageDraw.Draw(whole)
    for row, word in enumerate(words):
        middle = scale * (row * step + height / 2)
        pen.text((left - MARGIN, middle), word, "black", _font(), anchor="rm")
    return png_bytes(whole)


def _tiles(images: list[Tensor], names: list[str]) -> bytes:
    columns = min(COLUMNS, math.ceil(len(names) ** 0.5))
    height, width = images[0].shape[2:]
    scale = max(1, round(LARGE / (columns * width)))
    wide, high = scale * width + MARGIN, scale * height + 2 * FONT_SIZE
    page = Image.new("RGB", (columns * wide - MARGIN, -(-len(names) // columns) * high), "white")
    pen = ImageDraw.Draw(page)
    for place, (image, name) in enumerate(zip(images, names, strict=True)):
        left, top = place % columns * wide, place // columns * high
        page.paste(enlarged(plain_grid(image, 1), scale * max(height, width))[0], (left, top))
        letters = next(n for n in range(LONGEST, 0, -1) if _length(_cut(name, n)) <= wide or n == 1)
        middle = left + scale * width / 2, top + scale * height + 2
        pen.text(middle, _cut(name, letters), "black", _font(), anchor="ma")
    return png_bytes(page)


def _cut(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _length(word: str) -> int:
    return round(_font().getlength(word))


@lru_cache
def _font() -> ImageFont.FreeTypeFont:
    from matplotlib import get_data_path

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", FONT_SIZE)

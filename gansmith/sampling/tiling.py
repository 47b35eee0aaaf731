"""Images of any size through a convolutional net, in tiles, without seams.

A tile goes through the net together with a margin, as wide as the net's receptive field reaches,
which is cut off again; so every pixel is what it would be if the whole image had gone through at
once, and what the net needs of memory does not grow with the image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

TILE = 512  # pixels of a tile's side, its margins not counted


def tiled(net: Callable[[Tensor], Tensor], x: Tensor, reach: int, tile: int = TILE) -> Tensor:
    """net(x) of one image (1, C, H, W), tile by tile.

    reach: how far a pixel of the output depends on x, in pixels; a multiple of every stride of the
        net, and so must `tile` be.
    The output may be larger than x by a whole factor, and of another type. Raises ValueError for a
    tile that is no multiple of `reach`, nor a part of it.
    """
    if tile % reach and reach % tile:
        raise ValueError(f"a tile of {tile} pixels does not go with a reach of {reach}")
    height, width = x.shape[2:]
    if max(height, width) <= tile + 2 * reach:
        return net(x)
    whole: Tensor | None = None
    for top, bottom in spans(height, tile):
        for left, right in spans(width, tile):
            above, beside = max(0, top - reach), max(0, left - reach)
            part = net(x[:, :, above : bottom + reach, beside : right + reach])
            factor = part.shape[2] // (min(height, bottom + reach) - above)
            if whole is None:
                whole = part.new_empty(1, part.shape[1], height * factor, width * factor)
            y, x0 = (top - above) * factor, (left - beside) * factor
            piece = part[:, :, y : y + (bottom - top) * factor, x0 : x0 + (right - left) * factor]
            whole[:, :, top * factor : bottom * factor, left * factor : right * factor] = piece
    assert whole is not None
    return whole


def spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    """Consecutive stretches of `tile`, the last one shorter."""
    for start in range(0, length, tile):
        yield start, min(start + tile, length)

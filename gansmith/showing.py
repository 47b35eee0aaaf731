"""Samples as something to look at: sheets of pictures, scatter plots, pages of sentences."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.checkpoint import replace
from gansmith.data import Dataset
from gansmith.rng import Rng

SHEET = 64  # samples on a sheet
GAP = 2  # pixels between pictures


def to_uint8(pictures: Tensor) -> Tensor:
    """Pictures in [-1, 1] as uint8, the inverse of what players are fed."""
    return pictures.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def tile(pictures: Tensor, columns: int) -> Image.Image:
    """uint8 pictures (n, C, H, W), C 1 or 3, in rows of `columns` on white."""
    n, channels, height, width = pictures.shape
    rows = math.ceil(n / columns)
    sheet = torch.full(
        (3, rows * (height + GAP) - GAP, columns * (width + GAP) - GAP), 255, dtype=torch.uint8
    )
    for place, picture in enumerate(
        pictures.expand(n, 3, height, width) if channels == 1 else pictures
    ):
        y, x = place // columns * (height + GAP), place % columns * (width + GAP)
        sheet[:, y : y + height, x : x + width] = picture
    image = Image.fromarray(sheet.permute(1, 2, 0).numpy())
    scale = max(1, 512 // max(image.size))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def scatter(points: Tensor, real: Tensor) -> bytes:
    """Points (n, 1 or 2) over real ones, as a PNG; a histogram in one dimension."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    if real.shape[1] == 1:
        bins = np.linspace(float(real.min()) - 1, float(real.max()) + 1, 81).tolist()
        axes.hist(real[:, 0].numpy(), bins, density=True, alpha=0.4, label="real")
        axes.hist(points[:, 0].numpy(), bins, density=True, alpha=0.6, label="generated")
    else:
        axes.scatter(real[:, 0].numpy(), real[:, 1].numpy(), s=4, alpha=0.3, label="real")
        axes.scatter(points[:, 0].numpy(), points[:, 1].numpy(), s=4, alpha=0.6, label="generated")
        axes.set_aspect("equal")
    axes.legend(loc="upper right")
    page = io.BytesIO()
    figure.savefig(page, format="png", dpi=96, metadata={"Software": None})
    return page.getvalue()


def write_sheet(folder: Path, step: int, game: Any, dataset: Dataset, seed: int) -> Path:
    """Write what the game makes of the same codes or the same held-out pictures each time.

    Pictures and plots are written as PNG, sentences as text; returns the file.
    """
    stem = folder / f"{step:08d}"
    if dataset.spec.kind == "unpaired":
        return _write(stem.with_suffix(".png"), png(translations(game, dataset)))
    samples = game.sample(SHEET if dataset.spec.kind != "points" else 1000, Rng(seed, 0, 1)).cpu()
    if dataset.spec.kind == "image":
        return _write(stem.with_suffix(".png"), png(tile(to_uint8(samples), 8)))
    if dataset.spec.kind == "points":
        real = torch.as_tensor(dataset.held["real"])[:1000]
        return _write(stem.with_suffix(".png"), scatter(samples, real))
    return _write(stem.with_suffix(".txt"), "\n".join(dataset.sentences(samples)).encode() + b"\n")


def translations(game: Any, dataset: Dataset) -> Image.Image:
    """Held-out pictures and their translations: rows a, a in b's style, b, b in a's style."""
    device = next(game.parameters()).device
    rows: list[Tensor] = []
    columns = min(12, len(dataset.held["a"]), len(dataset.held["b"]))
    for side, other in (("a", "b"), ("b", "a")):
        real = torch.as_tensor(dataset.held[side])[:columns]
        fake = game.translate(real.to(device).float().div(127.5).sub(1), to=other)
        rows += [real, to_uint8(fake)]
    return tile(torch.cat(rows), columns)


def png(image: Image.Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    page = io.BytesIO()
    image.save(page, format="PNG")
    return page.getvalue()


def _write(path: Path, content: bytes) -> Path:
    replace(path, content)
    return path

"""Samples as something to look at: sheets of pictures and spectra, scatter plots, pages of text."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gansmith.audio import log_spectrum, window_size
from gansmith.core.game import Answers
from gansmith.core.rng import Rng
from gansmith.data import Dataset
from gansmith.data.transforms.windows import past
from gansmith.modalities.labels import page as labelled
from gansmith.runs.checkpoint import replace
from gansmith.sampling.prompts import in_turn, playable

SHEET = 64  # samples on a sheet
GAP = 2  # pixels between pictures
SOUNDS = 12  # sounds on a sheet, and spectra in a row
LONGEST = 256  # frames of a spectrum that are shown


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


def spectra(sounds: Tensor, rate: int) -> Tensor:
    """Log spectra of sounds (n, T) as pictures, uint8 (n, 1, bins, frames): high above, loud white.

    Black is 70 decibels below full scale; the first two seconds or so are shown.
    """
    size = window_size(rate)
    wave = sounds.float().cpu()[:, : LONGEST * size // 4 - 1]
    level = log_spectrum(wave, size, size // 4).flip(2)  # (n, 1, bins, frames)
    return ((level + 70) * (255 / 70)).round().clamp(0, 255).to(torch.uint8)


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
    count = {"points": 1000, "sound": SOUNDS}.get(dataset.spec.kind, SHEET)
    if isinstance(game, Answers):
        given = in_turn(dataset, count)
        samples = game.answer(playable(given, game), Rng(seed, 0, 1)).cpu()
        if dataset.spec.kind == "labels":
            return _write(stem.with_suffix(".png"), labelled(given, samples, dataset))
        page = answers(given, samples, dataset)
        return _write(stem.with_suffix(".png"), png(page))
    samples = game.sample(count, Rng(seed, 0, 1)).cpu()
    if dataset.spec.kind == "image":
        return _write(stem.with_suffix(".png"), png(tile(to_uint8(samples), 8)))
    if dataset.spec.kind == "sound":
        page = tile(spectra(samples, dataset.spec.rate), SOUNDS // 2)
        return _write(stem.with_suffix(".png"), png(page))
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


def answers(given: Tensor, made: Tensor, dataset: Dataset) -> Image.Image:
    """What was made of conditions: a column for each class; what is given, the answer and the true
    one in rows where pictures ask, or sounds, a row for each frame of a past, and above them the
    person where it is a likeness; else a sheet.
    """
    asked = dataset.spec.asked
    if dataset.spec.kind == "sound":
        return _heard(given, made, dataset)
    pictures = to_uint8(made)
    if asked is not None and asked.kind == "class":
        return tile(pictures, len(asked.names) if len(asked.names) <= 16 else 8)
    if asked is None or asked.kind not in ("image", "likeness"):
        return tile(pictures, 8)
    columns = min(len(made), 12)
    count = min(len(made) // columns, 2) * columns
    true = dataset.held["real"][torch.arange(count) % dataset.spec.held]
    side = pictures.shape[-2:]
    if asked.frames:
        firsts = list(past(given[:count], asked.frames).unbind(1))
    else:
        firsts = [given[:count, : 1 if asked.channels == 2 else 3]]
    if asked.kind == "likeness":
        firsts.insert(0, given[:count, 3 : 3 + pictures.shape[1]])
    shown = [F.interpolate(x.float(), side, mode="nearest").to(torch.uint8) for x in firsts]
    rows = [x.expand(-1, 3, -1, -1) for x in (*shown, pictures[:count], true)]
    return tile(
        torch.cat([x[i : i + columns] for i in range(0, count, columns) for x in rows]), columns
    )


def _heard(given: Tensor, made: Tensor, dataset: Dataset) -> Image.Image:
    """Spectra in rows: what is given, the answer, the clean one."""
    rate, count, columns = dataset.spec.rate, min(len(made), SOUNDS), SOUNDS // 2
    true = dataset.held["real"][torch.arange(count) % dataset.spec.held]
    rows = [spectra(x[:count], rate) for x in (given, made, true) if x.shape == true.shape]
    return tile(
        torch.cat([x[i : i + columns] for i in range(0, count, columns) for x in rows]), columns
    )


def png(image: Image.Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    page = io.BytesIO()
    image.save(page, format="PNG")
    return page.getvalue()


def _write(path: Path, content: bytes) -> Path:
    replace(path, content)
    return path

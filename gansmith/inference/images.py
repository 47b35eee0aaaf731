"""A run applied to images: `gansmith translate RUN photo.png`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.core.files import write_atomic
from gansmith.core.images import png_bytes, to_uint8
from gansmith.core.protocols import Classifies
from gansmith.core.rng import Rng
from gansmith.data import Condition, DataError
from gansmith.data.readers.file_list import read_bytes
from gansmith.data.readers.image_file import (
    EXTENSIONS,
    UnreadableError,
    crop_and_resize,
    decode,
    decode_full_size,
    read_alpha,
)
from gansmith.data.transforms.degrade import cut_hole
from gansmith.inference.files import Conversion, Item, Written, find_files, usable
from gansmith.modalities.labels import class_table, table
from gansmith.rendering.grid import to_pil
from gansmith.runs.run import Run
from gansmith.sampling.generate import to_model_input
from gansmith.sampling.tiling import tiled

SMALLEST = 4  # pixels of a side
TOGETHER = 64  # images that go through a network at one time


def write_outputs(
    run: Run,
    source: Path,
    out: Path,
    *,
    mask: Path | None = None,
    seed: int = 0,
    skip_bad: bool = False,
) -> Written:
    """Write what a run makes of an image, or of each in a folder, at its own size; what is
    transparent in the image is so in the output, unless the run fills it.

    mask: for a run that inpaints, white where the image is missing; without one, what is
        transparent is missing. seed: of the code.
    """
    condition = run.spec.condition
    assert condition is not None
    inpaints = condition.channels == run.spec.channels + 1
    if mask is not None and not inpaints:
        raise ValueError(f"{run.config.preset} does not inpaint on these data: leave out --mask")

    def given(item: Item) -> Tensor:
        return _masked(item.file, condition, mask) if inpaints else _full(item.file, condition)

    def convert(item: Item, target: Path) -> None:
        made = to_pil(generate_one(run, given(item), seed))
        if not inpaints:
            _make_transparent(made, Image.fromarray(_alpha(item.file)))
        write_atomic(target, png_bytes(made))

    return Conversion("image", find_images, _check(given), convert, (".png",)).run(
        source, out, skip_bad=skip_bad
    )


def write_translations(
    run: Run, source: Path, out: Path, *, to: str, origin: str, skip_bad: bool = False
) -> Written:
    """Write an image, or each of a folder, in the style of the domain `to`, at the run's size; what
    is transparent stays so.
    """
    spec = run.spec

    def convert(item: Item, target: Path) -> None:
        image = to_model_input(_square(item, spec.size, spec.channels).unsqueeze(0), run.game)
        made = to_pil(to_uint8(run.translate(image, target=to, source=origin))[0])
        alpha = crop_and_resize(Image.fromarray(_alpha(item.file)), spec.size, 1)
        _make_transparent(made, Image.fromarray(alpha[0]))
        write_atomic(target, png_bytes(made))

    check = _check(lambda item: _square(item, spec.size, spec.channels))
    return Conversion("image", find_images, check, convert, (".png",)).run(
        source, out, skip_bad=skip_bad
    )


def write_labels(run: Run, source: Path, out: Path, *, skip_bad: bool = False) -> Written:
    """Write a table of the labels of an image, or of every image of a folder.

    Images are cut to the square in their middle and brought to the size of the run's data.
    out: a .tsv file, or the folder for labels.tsv.
    """
    condition = run.spec.condition
    assert condition is not None
    return write_table(
        run,
        source,
        out,
        "labels.tsv",
        table,
        (condition.height, condition.channels),
        lambda rows: run.sample(len(rows), condition=rows).cpu(),
        skip_bad,
    )


def write_classes(run: Run, source: Path, out: Path, *, skip_bad: bool = False) -> Written:
    """Write a table of the class of every image of a folder, with the probability of each class.

    out: a .tsv file, or the folder for classes.tsv. Raises TypeError when the run does not classify
    images.
    """
    form = (run.spec.size, run.spec.channels)
    if not run.spec.size or not isinstance(run.game, Classifies):
        raise TypeError(f"{run.config.preset} has no classifier; the preset classifier has one")
    return write_table(run, source, out, "classes.tsv", class_table, form, run.classify, skip_bad)


def write_table(
    run: Run,
    source: Path,
    out: Path,
    name: str,
    make: Callable[[Sequence[str], Tensor, Sequence[str]], str],
    form: tuple[int, int],
    rows_of: Callable[[Tensor], Tensor],
    skip_bad: bool,
) -> Written:
    """One table of probabilities for all images, brought to a side and channels (`form`).

    name: of the file in the folder `out`. make: the table from the names of the images, the
    probabilities that `rows_of` gives for them, and the names of these.
    """
    if out.suffix and out.suffix.lower() != ".tsv":
        what = Path(name).stem
        raise ValueError(f"{what} are written as a table: name it .tsv, not {out.name}")
    target = out if out.suffix else out / name
    names, rows = rows_of_images(source, form, rows_of, skip_bad)
    write_atomic(target, make(names, rows, run.spec.classes).encode())
    return Written(len(names), "row", target)


def rows_of_images(
    source: Path, form: tuple[int, int], rows_of: Callable[[Tensor], Tensor], skip_bad: bool
) -> tuple[list[str], Tensor]:
    """The names of an image or of all images of a folder (n), and a row of numbers for each.

    form: the side in pixels and the channels that they are brought to. rows_of: uint8 (k, C, S, S)
    to (k, dim). Raises DataError for an unreadable image, unless these are skipped.
    """
    items = find_images(source)
    good = list(usable(items, _check(lambda item: _square(item, *form)), skip_bad))
    parts = []
    for start in range(0, len(good), TOGETHER):
        images = torch.stack([_square(item, *form) for item in good[start : start + TOGETHER]])
        parts.append(rows_of(images).cpu())
    return [item.name for item in good], torch.cat(parts)


@torch.no_grad()
def generate_one(run: Run, given: Tensor, seed: int = 0, number: int = 1) -> Tensor:
    """The output, uint8 (C, H, W), for one condition uint8 (C, H, W) of any size.

    seed, number: of the code.
    """
    game = run.game
    G: Any = game.get_submodule("G")
    z = G.latent.sample(1, Rng(seed, 1, number)).to(next(game.parameters()).device)

    def net(part: Tensor) -> Tensor:
        return to_uint8(G(z, to_model_input(part, game)))

    reach = getattr(G, "reach", None)  # a net that does not say how far it looks sees all
    whole = given.unsqueeze(0)
    return (net(whole) if reach is None else tiled(net, whole, reach))[0]


def find_images(source: Path) -> list[Item]:
    """The image, or the images of a folder."""
    return find_files(source, EXTENSIONS, "image")


def _check(read: Any) -> Any:
    def check(item: Item) -> None:
        read(item)

    return check


def _square(item: Item, size: int, channels: int) -> Tensor:
    try:
        return torch.tensor(decode(read_bytes(item.file), size, channels))
    except UnreadableError as error:
        raise DataError(f"{item.file} cannot be read: {error}") from error


def _full(file: Path, condition: Condition, mask_channels: int = 0) -> Tensor:
    """An image at its own size, uint8 (channels, H, W)."""
    try:
        values = torch.from_numpy(
            decode_full_size(read_bytes(file), condition.channels - mask_channels)
        )
    except UnreadableError as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    if min(values.shape[1:]) < SMALLEST:
        raise DataError(
            f"{file} has {values.shape[2]}x{values.shape[1]} pixels; the smallest side is "
            f"{SMALLEST}"
        )
    return values


def _alpha(file: Path) -> np.ndarray:
    """How opaque every pixel of an image is, uint8 (H, W)."""
    try:
        return read_alpha(read_bytes(file))
    except UnreadableError as error:
        raise DataError(f"{file} cannot be read: {error}") from error


def _make_transparent(image: Image.Image, alpha: Image.Image) -> None:
    """Give an image this alpha channel, at its own size, where that is not opaque everywhere."""
    if alpha.getextrema() != (255, 255):
        image.putalpha(alpha.resize(image.size, Image.Resampling.BILINEAR))


def _masked(file: Path, condition: Condition, mask: Path | None) -> Tensor:
    """An image with a hole, and the mask of the hole as its last channel."""
    values, missing = _full(file, condition, 1), _missing(file, mask)
    if missing.shape != values.shape[1:]:
        raise DataError(
            f"the mask has {missing.shape[1]}x{missing.shape[0]} pixels and {file} "
            f"{values.shape[2]}x{values.shape[1]}: make them equal"
        )
    if not missing.any():
        raise DataError(f"nothing is missing from {file}: make a part transparent, or give --mask")
    return cut_hole(values.unsqueeze(0), missing[None, None])[0]


def _missing(file: Path, mask: Path | None) -> Tensor:
    """What is missing, bool (H, W): white in the mask, or transparent in the image."""
    if mask is None:
        return torch.from_numpy(_alpha(file)) < 128
    try:
        return torch.from_numpy(decode_full_size(read_bytes(mask), 1))[0] > 127
    except UnreadableError as error:
        raise DataError(f"{mask} cannot be read: {error}") from error

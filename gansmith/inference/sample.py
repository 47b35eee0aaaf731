"""Samples and interpolations of a run as files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor

from gansmith.core.bounds import check_bounds
from gansmith.core.files import write_atomic
from gansmith.core.images import png_bytes, to_uint8
from gansmith.core.protocols import ConditionalSampler, HasDecoder, Samples
from gansmith.core.rng import RowRng
from gansmith.inference.video import check_clip, write_clip, write_held_out
from gansmith.modalities import modality_of
from gansmith.modalities.base import Sheet
from gansmith.modalities.sheet import sheet_of
from gansmith.rendering.grid import COLUMNS, make_grid, to_pil
from gansmith.runs.run import Run
from gansmith.sampling.generate import default_conditions
from gansmith.sampling.interpolate import interpolations

CLIPS = 16  # held-out clips that are continued on a sheet
SMALLEST = 256  # pixels of the longer side of a clip: small images are enlarged
SHEETS = 4  # times as many samples on a sheet as while training: of images, 256


def write_samples(
    run: Run,
    n: int,
    seed: int,
    out: Path,
    condition: str | Tensor | None = None,
    truncation: float | None = None,
) -> Path:
    """Write n samples into the folder `out`, and beside it a sheet of the first: of 256 images.

    The folder holds nothing but these samples, so that it can be measured, or trained on, as it
    is. Where `out` ends in .png, the sheet alone is written, under that name (a sheet of text as
    .txt).
    condition: a prompt, or conditions as in the data, for a conditional run. truncation: as of
        `Run.sample`.
    Returns the file to look at. Raises ValueError where samples of an earlier call would stay; in
    the run's own folder these are removed.
    """
    check_bounds({"n": n, "seed": seed})
    alone = is_sheet(out)
    old = [] if alone else _older(out, n, out == run.folder / "generated")
    pieces = run.sample_pieces(n, seed, condition, truncation)
    samples = next(pieces).cpu()
    modality = modality_of(run.spec)
    first = samples[: SHEETS * modality.sheet_count]
    if alone:
        shown = _sheet(run, first, condition)
        target = out if shown.suffix == ".png" else out.with_suffix(shown.suffix)
        write_atomic(target, shown.content)
        return target
    modality.save(chain([samples], pieces), out, run.examples)
    for path in old:
        path.unlink()
    if run.spec.condition is not None and run.spec.condition.frames:
        return write_held_out(run, min(n, CLIPS), seed, beside(out, "sheet").with_suffix(".gif"))
    return _sheet(run, first, condition).write(beside(out, "sheet").with_suffix(""))


def sheet(run: Run, n: int, seed: int = 0, condition: str | Tensor | None = None) -> Sheet:
    """A sheet of n samples; of a run that does not sample, the sheet of its training."""
    if not isinstance(run.game, Samples | ConditionalSampler):
        return sheet_of(run.game, run.examples, run.config.seed)
    return _sheet(run, run.sample(n, seed, condition).cpu(), condition)


def _sheet(run: Run, samples: Tensor, condition: str | Tensor | None) -> Sheet:
    """The sheet of samples that were generated for a condition, or for the default ones."""
    shown = None
    if condition is None and isinstance(run.game, ConditionalSampler):
        shown = default_conditions(run.examples, len(samples))
    return modality_of(run.spec).sheet(samples, run.examples, shown)


def write_interpolation(
    run: Run, n: int, seed: int, out: Path, truncation: float | None = None
) -> Path:
    """A sheet of n samples in rows, each row a path between two codes; truncation as of
    `Run.sample`.

    It is written under the name `out` where that ends in .png, else as interpolation.png into the
    folder `out`.
    Raises TypeError when the game does not decode codes, or the data are not images, and
    ValueError for n or seed beyond their bounds.
    """
    check_bounds({"n": n, "seed": seed, "truncation": truncation})
    if not isinstance(run.game, HasDecoder) or not run.spec.size:
        raise TypeError(
            f"{run.config.preset} on {run.spec.name} cannot interpolate between images: leave out "
            "--interpolate"
        )
    paths = max(1, n // COLUMNS)
    rng = RowRng(seed, 2, 1, rows=range(2 * paths), truncation=truncation or math.inf)
    codes = interpolations(run.game.latent, paths, COLUMNS, rng)
    with torch.no_grad():
        images = run.game.decode(codes.to(next(run.game.parameters()).device))
    target = out if is_sheet(out) else out / "interpolation.png"
    write_atomic(target, png_bytes(make_grid(to_uint8(images), COLUMNS)))
    return target


def write_walk(
    run: Run,
    out: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2, 3),
    frames: int = 96,
    fps: float = 24.0,
    condition: str | Tensor | None = None,
    truncation: float | None = None,
) -> Path:
    """Write what `Run.walk` gives as a clip that repeats, in the format of the name `out`.

    Raises TypeError where the data are not images, ValueError for another format, DataError for
    one that needs ffmpeg where that is missing.
    """
    check_bounds({"fps": fps})
    check_clip(out)
    if not run.spec.size:
        raise TypeError(f"{run.config.preset} on {run.config.data} has no images to walk through")
    images = to_uint8(run.walk(seeds, frames, condition, truncation))
    larger = max(1, SMALLEST // max(images.shape[2:]))
    images = images.repeat_interleave(larger, 2).repeat_interleave(larger, 3)
    write_clip([to_pil(image) for image in images], round(1000 / fps), out)
    return out


def is_sheet(out: Path) -> bool:
    """Whether `out` names the one picture to write, and not a folder."""
    return out.suffix.lower() == ".png" and not out.is_dir()


def beside(folder: Path, what: str) -> Path:
    """FOLDER-WHAT.png: an image about a folder of images, which is not one of them."""
    return folder.with_name(f"{folder.name}-{what}.png")


def _older(folder: Path, n: int, own: bool) -> list[Path]:
    """The samples of an earlier call, 00012.png and on, that n new ones would not replace.

    own: whether they may be removed. Raises ValueError where they may not, or lie behind a link.
    """
    names = sorted(path for path in folder.glob("*.*") if path.stem.isdecimal())
    old = [x for x in names if int(x.stem) >= n and x.stem == f"{int(x.stem):05d}"]
    if old and (not own or folder.is_symlink()):
        raise ValueError(
            f"{folder} holds {len(old)} more samples, such as {old[0].name}, which would stand "
            "among the new ones: choose another --out, or remove them"
        )
    return old

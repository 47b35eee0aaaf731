"""Pictures of one's own, answered by a run: `gansmith translate RUN photo.png`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from gansmith.core.game import Answers
from gansmith.core.rng import Rng
from gansmith.data import Condition, DataError
from gansmith.data.readers.pictures import EXTENSIONS, UnreadableError, decode, decode_whole
from gansmith.data.spec import DataSpec
from gansmith.data.transforms.degrade import with_hole
from gansmith.inference.files import files_at
from gansmith.inference.sample import single
from gansmith.modalities.labels import table
from gansmith.modalities.sheets import png, to_uint8
from gansmith.runs.checkpoint import replace
from gansmith.runs.run import Run
from gansmith.sampling.prompts import playable
from gansmith.sampling.tiling import tiled

SMALLEST = 4  # pixels of a side


def write_answers(
    run: Run,
    source: Path,
    out: Path,
    *,
    mask: Path | None = None,
    seed: int = 0,
    skip_bad: bool = False,
) -> int:
    """Answer a picture, or every picture of a folder, each at its own size; how many there were.

    out: the file to write for a picture, or the folder, which is made; NAME.jpg becomes NAME.png,
        or NAME.jpg.png where there is a second NAME.
    mask: for a run that completes pictures, what is missing is white there; without one, what is
        transparent in the picture is missing.
    seed: of what is left to chance.
    Nothing is written when a picture cannot be used, unless skip_bad is true.
    Raises TypeError when the run is not asked by pictures, DataError for pictures that cannot be
    used, ValueError when the answers would overwrite what is given.
    """
    spec = DataSpec.from_json(run.config.spec)
    asked = _pictured(run, spec)
    completes = asked.channels == spec.channels + 1
    if mask is not None and not completes:
        raise ValueError(f"{run.config.preset} fills no holes: leave out --mask")
    files = _files(source)
    stems = Counter(file.with_suffix("") for file in files)
    targets = [_target(source, file, out, stems[file.with_suffix("")] == 1) for file in files]
    if clash := [file for file in files if file.resolve() in {t.resolve() for t in targets}]:
        raise ValueError(f"the answer would overwrite {clash[0]}; choose another --out")
    bad: dict[Path, str] = {}
    for file in files:  # all are looked at before anything is written
        try:
            _given(file, asked, completes, mask)
        except DataError as error:
            bad[file] = str(error)
    if bad and (not skip_bad or len(bad) == len(files)):
        raise DataError("; ".join(bad.values()))
    for file, target in zip(files, targets, strict=True):
        if file not in bad:
            made = answered(run, _given(file, asked, completes, mask), seed)
            replace(target, png(single(made)))
    return len(files) - len(bad)


def _pictured(run: Run, spec: DataSpec) -> Condition:
    """What the run is asked by. Raises TypeError unless that is one picture."""
    name, asked = run.config.preset, spec.condition
    if asked is not None and asked.kind == "likeness":
        raise TypeError(
            f"{name} wants to know whom to show: give a folder with face/ and landmarks/ by --like"
        )
    if not isinstance(run.game, Answers) or asked is None or asked.kind != "image":
        raise TypeError(
            f"{name} does not translate: it is not asked by pictures; see `gansmith sample`"
        )
    if asked.frames:
        raise TypeError(f"{name} continues clips: see write_continuations")
    return asked


def write_labels(run: Run, source: Path, out: Path, *, skip_bad: bool = False) -> tuple[Path, int]:
    """Write a table of the labels of a picture, or of every picture of a folder; where, and of how
    many.

    Pictures are cut to the square in their middle and brought to the size of the run's data.
    out: a file .tsv, or the folder for labels.tsv, which is made.
    Nothing is written when a picture cannot be used, unless skip_bad is true.
    Raises DataError for pictures that cannot be used, ValueError for a file of another kind.
    """
    spec = DataSpec.from_json(run.config.spec)
    asked = spec.condition
    assert asked is not None
    if out.suffix and out.suffix.lower() != ".tsv":
        raise ValueError(f"labels are written as a table; name it .tsv, not {out.name}")
    target = out if out.suffix else out / "labels.tsv"
    files, bad = (
        _files(source),
        {},
    )
    given: dict[str, Tensor] = {}
    for file in files:
        name = file.relative_to(source).as_posix() if source.is_dir() else file.name
        try:
            given[name] = torch.tensor(decode(file.read_bytes(), asked.height, asked.channels))
        except (UnreadableError, OSError) as error:
            bad[name] = f"{file} cannot be read: {error}"
    if bad and (not skip_bad or not given):
        raise DataError("; ".join(bad.values()))
    made = run.sample(len(given), ask=torch.stack(list(given.values()))).cpu()
    replace(target, table(list(given), made, spec.classes).encode())
    return target, len(given)


@torch.no_grad()
def answered(run: Run, given: Tensor, seed: int = 0, number: int = 1) -> Tensor:
    """The answer, uint8 (C, H, W), to one condition uint8 (C, H, W) of any size.

    seed, number: of the code.
    """
    game = run.game
    G: Any = game.get_submodule("G")
    z = G.latent.sample(1, Rng(seed, 1, number)).to(next(game.parameters()).device)

    def net(part: Tensor) -> Tensor:
        return to_uint8(G(z, playable(part, game)))

    reach = getattr(G, "reach", None)  # a net that does not say how far it looks sees it all
    whole = given.unsqueeze(0)
    return (net(whole) if reach is None else tiled(net, whole, reach))[0]


def _files(source: Path) -> list[Path]:
    return files_at(source, EXTENSIONS, "pictures", "a picture or a folder of pictures")


def _target(source: Path, file: Path, out: Path, alone: bool) -> Path:
    if source.is_dir():
        place = out / file.relative_to(source)
        return place.with_suffix(".png") if alone else place.with_name(f"{place.name}.png")
    if out.suffix.lower() == ".png":
        return out
    if out.suffix:
        raise ValueError(f"pictures are written as PNG; name the answer .png, not {out.name}")
    return (out / file.name).with_suffix(".png")


def _given(file: Path, asked: Condition, completes: bool, mask: Path | None) -> Tensor:
    """A picture as the run is asked, uint8 (channels, H, W)."""
    channels = asked.channels - completes
    try:
        values = torch.from_numpy(decode_whole(file.read_bytes(), channels))
        if min(values.shape[1:]) < SMALLEST:
            raise DataError(
                f"{file} has {values.shape[2]}x{values.shape[1]} pixels; the smallest side is "
                f"{SMALLEST}"
            )
        if not completes:
            return values
    except (UnreadableError, OSError) as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    missing = _missing(file, mask)
    if missing.shape != values.shape[1:]:
        raise DataError(
            f"the mask has {missing.shape[1]}x{missing.shape[0]} pixels and {file} "
            f"{values.shape[2]}x{values.shape[1]}: make them equal"
        )
    if not missing.any():
        raise DataError(f"nothing is missing from {file}: make a part transparent, or give --mask")
    return with_hole(values.unsqueeze(0), missing[None, None])[0]


def _missing(file: Path, mask: Path | None) -> Tensor:
    """What is missing, bool (H, W): white in the mask, or transparent in the picture."""
    try:
        if mask is not None:
            return torch.from_numpy(decode_whole(mask.read_bytes(), 1))[0] > 127
        with Image.open(file) as picture:
            alpha = ImageOps.exif_transpose(picture).convert("RGBA").getchannel("A")
    except (UnreadableError, OSError) as error:
        raise DataError(f"{mask or file} cannot be read: {error}") from error
    return torch.from_numpy(np.array(alpha)) < 128

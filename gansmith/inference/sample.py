"""Samples, interpolations and translations of a run as files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.audio import write_sound
from gansmith.core.game import Decodes, Translates
from gansmith.core.rng import Rng
from gansmith.data.readers.folders import read_pictures
from gansmith.evaluation.select import fed
from gansmith.modalities.labels import page as labelled
from gansmith.modalities.labels import table
from gansmith.modalities.sheets import png, scatter, spectra, tile, to_uint8
from gansmith.runs.checkpoint import replace
from gansmith.runs.run import Run
from gansmith.sampling.prompts import in_turn

COLUMNS = 8
CLIPS = 16  # held-out clips that are continued on a sheet


def write_samples(run: Run, n: int, seed: int, out: Path, ask: str | Tensor | None = None) -> Path:
    """Pictures: single PNGs and, beside `out`, a sheet; sounds: WAVs and a sheet of spectra;
    points: .npy and a plot; text: one file; labels: a table and a sheet of held-out pictures.

    The folder holds nothing but samples, so that it can be measured, or trained on, as it is. Where
    `out` is the name of a PNG, pictures are one sheet of that name, and nothing else.
    Of a run that continues clips the pictures are next frames, and the sheet is a GIF of held-out
    clips that go on.
    ask: words that say what to make, or one condition, for a game that can be asked.
    Returns the file to look at. Raises ValueError for n below 1.
    """
    _at_least_one(n)
    samples = run.sample(n, seed, ask).cpu()
    kind = run.config.spec["kind"]
    if kind == "text":
        return _write(out / "samples.txt", "\n".join(run.dataset.sentences(samples)).encode())
    if kind == "labels":
        names = [f"held-out {place % run.dataset.spec.held}" for place in range(n)]
        _write(out / "labels.tsv", table(names, samples, run.dataset.spec.classes).encode())
        given = in_turn(run.dataset, n)
        return _write(beside(out, "sheet"), labelled(given, samples, run.dataset))
    if kind == "sound":
        rate = run.config.spec["rate"]
        for place, wave in enumerate(samples):
            write_sound(out / f"{place:05d}.wav", wave, rate)
        return _write(beside(out, "sheet"), png(tile(spectra(samples, rate), COLUMNS)))
    if kind == "points":
        np.save(_room(out) / "samples.npy", samples.numpy())
        return _write(out / "samples.png", scatter(samples, run.dataset.held["real"][:n]))
    pictures = to_uint8(samples)
    if out.suffix.lower() == ".png" and not out.is_dir():
        return _write(out, png(tile(pictures, COLUMNS)))
    for place, picture in enumerate(pictures):
        _write(out / f"{place:05d}.png", png(single(picture)))
    asked = run.dataset.spec.condition
    if asked is not None and asked.frames:
        from gansmith.inference.video import write_held

        return write_held(run, min(n, CLIPS), seed, beside(out, "sheet").with_suffix(".gif"))
    return _write(beside(out, "sheet"), png(tile(pictures, COLUMNS)))


def write_interpolation(run: Run, n: int, seed: int, out: Path) -> Path:
    """A sheet of n pictures in rows, each row a walk between two codes, beside the folder `out`.

    Codes of a normal prior are joined along a great circle, so that the codes in between are
    as likely as their ends; others along a line.
    Raises TypeError when the game does not decode codes, or the data are not pictures, and
    ValueError for n below 1.
    """
    _at_least_one(n)
    if not isinstance(run.game, Decodes) or run.config.spec["kind"] != "image":
        raise TypeError(f"{run.config.preset} on {run.config.data} has no pictures between codes")
    rows = max(1, n // COLUMNS)
    latent = run.game.latent
    ends = latent.sample(2 * rows, Rng(seed, 2, 1)).view(rows, 2, 1, latent.dim)
    t = torch.linspace(0, 1, COLUMNS)[None, :, None]  # (1, columns, 1)
    mix = great_circle if latent.prior == "normal" else torch.lerp
    codes = mix(ends[:, 0], ends[:, 1], t).flatten(0, 1)
    with torch.no_grad():
        pictures = run.game.decode(codes.to(next(run.game.parameters()).device))
    return _write(beside(out, "interpolation"), png(tile(to_uint8(pictures), COLUMNS)))


def great_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation (arXiv:1609.04468): sin((1-t)w)/sin(w) a + sin(tw)/sin(w) b.

    w is the angle between a and b, both (..., dim), not parallel.
    """
    cosine = (a * b).sum(-1, keepdim=True) / (
        a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    )
    w = torch.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6))
    return (torch.sin((1 - t) * w) * a + torch.sin(t * w) * b) / torch.sin(w)


def write_translations(run: Run, folder: Path, to: str, out: Path, skip_bad: bool) -> int:
    """Translate every picture of a folder, under its own name; returns how many there were.

    NAME.jpg becomes NAME.png, or NAME.jpg.png where there is a second NAME.
    Raises TypeError when the run does not translate, and ValueError when `out` is the folder
    itself, whose pictures would be lost.
    """
    spec = run.config.spec
    if not isinstance(run.game, Translates):
        raise TypeError(f"{run.config.preset} does not translate; `gansmith sample` draws from it")
    if out.resolve() == folder.resolve():
        raise ValueError(f"the translations would overwrite {folder}; choose another --out")
    pictures = read_pictures(folder, spec["size"], spec["channels"], skip_bad)
    names = list(pictures)
    stems = Counter(Path(name).with_suffix(".png") for name in names)
    for start in range(0, len(names), 64):
        part = names[start : start + 64]
        real = torch.stack([pictures[name] for name in part])
        fake = to_uint8(run.translate(fed(real, run.game), to=to))
        for name, picture in zip(part, fake, strict=True):
            own = Path(name).with_suffix(".png")
            _write(out / (own if stems[own] == 1 else f"{name}.png"), png(single(picture)))
    return len(names)


def beside(folder: Path, what: str) -> Path:
    """FOLDER-WHAT.png: a picture about a folder of pictures, which is not one of them."""
    return folder.with_name(f"{folder.name}-{what}.png")


def single(picture: Tensor) -> Image.Image:
    """One uint8 picture (C, H, W) as an image, grey when C is 1."""
    rows = picture.permute(1, 2, 0).numpy()
    return Image.fromarray(rows[:, :, 0] if rows.shape[2] == 1 else rows)


def _at_least_one(n: int) -> None:
    if n < 1:
        raise ValueError(f"at least one sample is drawn; got -n {n}")


def _room(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, content: bytes) -> Path:
    replace(path, content)
    return path

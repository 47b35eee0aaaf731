"""Codes of images as a file: `gansmith encode RUN photos/ -o codes.npy`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch

from gansmith.core.files import write_atomic
from gansmith.core.protocols import Encodes
from gansmith.inference.files import Written, usable
from gansmith.inference.images import TOGETHER, _check, _square, find_images
from gansmith.runs.run import Run


def write_codes(run: Run, source: Path, out: Path, *, skip_bad: bool = False) -> Written:
    """Write the codes of an image, or of every image of a folder, (n, dim) float32, as .npy.

    Beside it NAME.txt has the image of each row. Raises TypeError when the run does not encode
    images.
    """
    if not run.spec.size or not isinstance(run.game, Encodes):
        raise TypeError(f"{run.config.preset} encodes no images; vae and autoencoder do")
    target = out if out.suffix.lower() == ".npy" else out / "codes.npy"
    form = (run.spec.size, run.spec.channels)
    items = find_images(source)
    good = list(usable(items, _check(lambda item: _square(item, *form)), skip_bad))
    parts = []
    for start in range(0, len(good), TOGETHER):
        images = torch.stack([_square(item, *form) for item in good[start : start + TOGETHER]])
        parts.append(run.encode(images).cpu())
    page = io.BytesIO()
    np.save(page, torch.cat(parts).numpy())
    write_atomic(target, page.getvalue())
    names = "\n".join(item.name for item in good) + "\n"
    write_atomic(target.with_suffix(".txt"), names.encode())
    return Written(len(good), "code", target)

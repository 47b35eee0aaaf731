"""Codes of images as a file: `gansmith encode RUN photos/ -o codes.npy`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from gansmith.core.files import write_atomic
from gansmith.core.protocols import Encodes
from gansmith.inference.files import Written
from gansmith.inference.images import rows_of_images
from gansmith.runs.run import Run


def write_codes(run: Run, source: Path, out: Path, *, skip_bad: bool = False) -> Written:
    """Write the codes of an image, or of every image of a folder, (n, dim) float32, as .npy.

    Beside it NAME.txt has the image of each row. Raises TypeError when the run does not encode
    images, ValueError for an output file of another kind.
    """
    if not run.spec.size or not isinstance(run.game, Encodes):
        raise TypeError(f"{run.config.preset} has no encoder; vae and autoencoder have one")
    if out.suffix and out.suffix.lower() != ".npy":
        raise ValueError(f"codes are written as an array: name it .npy, not {out.name}")
    target = out if out.suffix else out / "codes.npy"
    form = (run.spec.size, run.spec.channels)
    names, codes = rows_of_images(source, form, run.encode, skip_bad)
    page = io.BytesIO()
    np.save(page, codes.numpy())
    write_atomic(target, page.getvalue())
    write_atomic(target.with_suffix(".txt"), "".join(f"{name}\n" for name in names).encode())
    return Written(len(names), "code", target)

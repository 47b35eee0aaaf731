"""Bringing pictures (uint8) to another size or number of channels, bit for bit alike everywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gansmith.data.build import conditioned, image_dataset, labels_dataset, unpaired
from gansmith.data.spec import DataError, Dataset, Fields

FILTER = "lanczos"  # Pillow's: the support grows with the reduction, so it does not alias
BLOCK = 1024  # pictures widened to int32 at a time, so that memory stays small


def resize(images: Tensor, size: int) -> Tensor:
    """The pictures at another size, uint8 (N, C, H, W) -> uint8 (N, C, size, size).

    Pillow's antialiased Lanczos filter, in integers: the result does not depend on the machine.
    Raises DataError when size < 1.
    """
    if size < 1:
        raise DataError(f"a picture has a size of 1 pixel or more; got {size}")
    count, channels = images.shape[:2]
    out = np.empty((count * channels, size, size), np.uint8)
    for row, plane in enumerate(images.flatten(0, 1).numpy()):
        out[row] = np.asarray(Image.fromarray(plane).resize((size, size), Image.Resampling.LANCZOS))
    return torch.from_numpy(out).unflatten(0, (count, channels))


def recolour(images: Tensor, channels: int) -> Tensor:
    """The pictures with 1 or 3 channels, uint8 (N, C, H, W) -> uint8 (N, channels, H, W).

    Grey is repeated three times; RGB becomes its BT.601 luma, .299 R + .587 G + .114 B, rounded.
    Raises DataError for other numbers of channels.
    """
    have = images.shape[1]
    if have not in (1, 3) or channels not in (1, 3):
        raise DataError(f"pictures have 1 or 3 channels; got {have}, asked {channels}")
    if have == channels:
        return images
    if have == 1:
        return images.repeat(1, 3, 1, 1)
    weights = torch.tensor((299, 587, 114), dtype=torch.int32).view(1, 3, 1, 1)
    blocks = [(block.int() * weights).sum(1, keepdim=True) for block in images.split(BLOCK)]
    return torch.cat([((block + 500) // 1000).to(torch.uint8) for block in blocks])


def conformed(dataset: Dataset, size: int | None = None, channels: int | None = None) -> Dataset:
    """The same data set with pictures of the asked size and channels; None leaves them.

    Returns `dataset` itself when nothing changes. Raises DataError when it holds no pictures.
    """
    spec = dataset.spec
    if spec.kind == "labels":
        return _labelled(dataset, size, channels)
    if size in (None, spec.size) and channels in (None, spec.channels):
        return dataset
    if spec.kind == "unpaired":
        a, b = (conformed(dataset.parts[domain], size, channels) for domain in ("a", "b"))
        return unpaired(spec.name, a, b, paired=spec.paired)
    if spec.kind != "image":
        raise DataError(f"{spec.name} holds {spec.kind}: it has no size and no channels to choose")
    train, held = (_fields(part, size, channels) for part in (dataset.train, dataset.held))
    steps = [spec.filter] if spec.filter else []
    if size not in (None, spec.size):
        steps.append(f"{spec.size} to {size} pixels, {FILTER}")
    asked = spec.condition
    given = [part.pop("given") for part in (train, held) if "given" in part]
    pictures = image_dataset(
        spec.name,
        train,
        held,
        classes=spec.classes,
        licence=spec.licence,
        source=spec.source,
        filter="; ".join(steps),
    )
    if asked is None:
        return pictures
    pictured = asked.kind in ("image", "likeness")
    if asked.frames:
        stills = [rows.unflatten(1, (asked.frames, -1)).flatten(0, 1) for rows in given]
        still = [_fields({"real": rows}, size, channels)["real"] for rows in stills]
        given = [rows.unflatten(0, (-1, asked.frames)).flatten(1, 2) for rows in still]
        _, depth, side, _ = given[0].shape
        asked = replace(asked, channels=depth, height=side, width=side)
    elif pictured and size is not None and asked.height == spec.size:
        given = [resize(rows, size) for rows in given]
        asked = replace(asked, height=size, width=size)
    return conditioned(pictures, asked, given[0], given[1], dataset.vocabulary)


def _labelled(dataset: Dataset, size: int | None, channels: int | None) -> Dataset:
    """Label sets, with the pictures that are given brought to the size and channels."""
    spec, asked = dataset.spec, dataset.spec.condition
    assert asked is not None
    if size in (None, asked.height) and channels in (None, asked.channels):
        return dataset
    steps = [spec.filter] if spec.filter else []
    if size not in (None, asked.height):
        steps.append(f"{asked.height} to {size} pixels, {FILTER}")
    parts = []
    for part in (dataset.train, dataset.held):
        given = _fields({"real": part["given"]}, size, channels)["real"]
        parts.append({"real": part["real"], "given": given})
    _, wide, side, _ = parts[0]["given"].shape
    return labels_dataset(
        spec.name,
        *parts,
        names=spec.classes,
        condition=replace(asked, channels=wide, height=side, width=side),
        licence=spec.licence,
        source=spec.source,
        filter="; ".join(steps),
    )


def _fields(part: Fields, size: int | None, channels: int | None) -> Fields:
    real = part["real"]
    if channels == 1:  # before resizing: a third of the work
        real = recolour(real, 1)
    if size is not None and size != real.shape[2]:
        real = resize(real, size)
    if channels is not None:
        real = recolour(real, channels)
    return {**part, "real": real}

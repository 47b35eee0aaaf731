"""Bringing images (uint8) to another size or number of channels, bit for bit alike everywhere."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from gansmith.core.images import resize as core_resize
from gansmith.core.images import to_channels
from gansmith.data.build import image_dataset, labels_dataset, with_condition
from gansmith.data.domains import map_domains
from gansmith.data.spec import DataError, Dataset, Fields, NotImagesError

FILTER = "lanczos"  # Pillow's: the support grows with the reduction, so it does not alias


def resize(images: Tensor, size: int) -> Tensor:
    """The images at another size, uint8 (N, C, H, W) -> uint8 (N, C, size, size).

    Pillow's antialiased Lanczos filter, in integers: the result does not depend on the machine.
    Raises DataError when size < 1.
    """
    if size < 1:
        raise DataError(f"an image has a size of 1 pixel or more; got {size}")
    return core_resize(images, size, "lanczos")


def convert_channels(images: Tensor, channels: int) -> Tensor:
    """The images with 1 or 3 channels, uint8 (N, C, H, W) -> uint8 (N, channels, H, W).

    Grey is repeated three times; RGB becomes its BT.601 luma, .299 R + .587 G + .114 B, rounded.
    Raises DataError for other numbers of channels.
    """
    have = images.shape[1]
    if have not in (1, 3) or channels not in (1, 3):
        raise DataError(f"images have 1 or 3 channels; got {have}, to become {channels}")
    return to_channels(images, channels).contiguous()


def resized(dataset: Dataset, size: int | None = None, channels: int | None = None) -> Dataset:
    """The same data set with images of this size and these channels; None leaves them.

    Where images are the condition of label sets, these are meant. Data with domains is brought
    there domain by domain. Returns `dataset` itself when nothing changes. Raises DataError when it
    holds no images.
    """
    spec = dataset.spec
    if spec.kind == "labels":
        return _resized_labels(dataset, size, channels)
    if size in (None, spec.size) and channels in (None, spec.channels):
        return dataset
    if dataset.domains:
        return map_domains(lambda part: resized(part, size, channels), dataset)
    if spec.kind != "image":
        given = [name for name, x in (("size", size), ("channels", channels)) if x is not None]
        raise NotImagesError(f"{spec.name} holds {spec.kind}: leave out {' and '.join(given)}")
    train, held_out = (_fields(part, size, channels) for part in (dataset.train, dataset.held_out))
    conditions = [part.pop("condition") for part in (train, held_out) if "condition" in part]
    images = image_dataset(
        spec.name,
        train,
        held_out,
        classes=spec.classes,
        licence=spec.licence,
        source=spec.source,
        filter=_steps(spec.filter, spec.size, size),
    )
    images = replace(images, spec=replace(images.spec, factors=spec.factors))
    condition = spec.condition
    if condition is None:
        return images
    if condition.kind == "clip":
        stills = [rows.unflatten(1, (condition.frames, -1)).flatten(0, 1) for rows in conditions]
        stills = [_fields({"real": rows}, size, channels)["real"] for rows in stills]
        conditions = [rows.unflatten(0, (-1, condition.frames)).flatten(1, 2) for rows in stills]
        _, depth, side, _ = conditions[0].shape
        condition = replace(condition, channels=depth, height=side, width=side)
    elif (
        condition.kind in ("image", "references")
        and size is not None
        and condition.height == spec.size
    ):
        conditions = [resize(rows, size) for rows in conditions]
        condition = replace(condition, height=size, width=size)
    one, other = conditions
    return with_condition(images, condition, one, other, dataset.condition_vocabulary)


def _resized_labels(dataset: Dataset, size: int | None, channels: int | None) -> Dataset:
    """Label sets, with the images that they describe brought to the size and channels."""
    spec, condition = dataset.spec, dataset.spec.condition
    if condition is None or condition.kind != "image":
        if size is None and channels is None:
            return dataset
        raise NotImagesError(f"{spec.name} holds no images: leave out size and channels")
    if size in (None, condition.height) and channels in (None, condition.channels):
        return dataset
    parts = []
    for part in (dataset.train, dataset.held_out):
        images = _fields({"real": part["condition"]}, size, channels)["real"]
        parts.append({"real": part["real"], "condition": images})
    _, depth, side, _ = parts[0]["condition"].shape
    return labels_dataset(
        spec.name,
        *parts,
        names=spec.classes,
        condition=replace(condition, channels=depth, height=side, width=side),
        licence=spec.licence,
        source=spec.source,
        filter=_steps(spec.filter, condition.height, size),
    )


def _steps(before: str, have: int, size: int | None) -> str:
    step = "" if size in (None, have) else f"{have} to {size} pixels, {FILTER}"
    return "; ".join(part for part in (before, step) if part)


def _fields(part: Fields, size: int | None, channels: int | None) -> Fields:
    real = part["real"]
    if channels == 1:  # before resizing: a third of the work
        real = convert_channels(real, 1)
    if size is not None and size != real.shape[2]:
        real = resize(real, size)
    if channels is not None:
        real = convert_channels(real, channels)
    return {**part, "real": real}

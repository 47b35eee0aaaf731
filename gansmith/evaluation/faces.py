"""What faces were asked to be, and what the reader of faces finds in them."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.data import Dataset
from gansmith.data.builtin.faces.attributes import ATTRIBUTES
from gansmith.data.builtin.faces.sets import said
from gansmith.games.talking_head import parted
from gansmith.metrics import Measured, Protocol
from gansmith.modalities.sheets import to_uint8
from gansmith.pretrained.face_reader import face_reader, known_again, landmark_error


def as_said(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Of drawn faces asked by attributes or sentences: whether they have what was said.

    For each attribute the share of faces where it is on the side that was said (`asked_glasses`),
    of those of which something was said; of an attribute that is asked for by degrees the
    correlation. `asked` is the share over all facts. Nothing for other data.
    """
    wanted = said(dataset)
    if wanted is None:
        return {}
    wanted = wanted[: len(samples)]
    reader = face_reader()
    found = reader.read(to_uint8(samples)).attributes
    real = reader.read(dataset.held["real"][: len(samples)]).attributes
    numbers: dict[str, Measured] = {}
    facts = torch.zeros_like(wanted, dtype=torch.bool)
    for place, name in enumerate(ATTRIBUTES):
        column = wanted[:, place]
        if not bool(column.any()):
            continue
        degrees = bool(((column.abs() != 1) & (column != 0)).any())
        score, what = (_together, "correlation") if degrees else (_right, "share")
        facts[:, place] = (column != 0) & (not degrees)
        numbers[f"asked_{name}"] = _number(
            f"{what} as asked, {name}", score(found[:, place], column), len(samples),
            score(real[:, place], column),
        )  # fmt: skip
    whole = (_right(x[facts], wanted[facts]) for x in (found, real))
    value, floor = whole
    return {"asked": _number("share as asked", value, len(samples), floor), **numbers}


def alike(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Of drawn people asked to follow landmarks: how far the landmarks are off, and who it is.

    `landmarks` is the mean distance of the landmarks that are read to those asked for, in halves of
    the picture; `known` the share of pictures nearer to their own person than to 19 others, by what
    is read from them and from the true pictures. Nothing for other data.
    """
    if dataset.spec.name != "talking-faces" or "points" not in dataset.held:
        return {}
    n, reader = len(samples), face_reader()
    points, true = dataset.held["points"][:n], reader.read(dataset.held["real"][:n])
    found = reader.read(to_uint8(samples))
    _, sources = parted(dataset.held["given"][:n], dataset.spec.channels)
    again = reader.read(sources[:, 0, : dataset.spec.channels]).likeness
    error, floor = (landmark_error(x.landmarks, points) for x in (found, true))
    known, best = (known_again(x, true.likeness) for x in (found.likeness, again))
    return {
        "landmarks": _number("landmark error", error, n, floor, "lower"),
        "known": _number("person known, 1 of 20", known, n, best),
    }


def _right(found: Tensor, wanted: Tensor) -> float:
    there = wanted != 0
    return float(((found > 0) == (wanted > 0))[there].double().mean())


def _together(found: Tensor, wanted: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([found.double(), wanted.double()]))[0, 1])


def _number(name: str, value: float, n: int, real: float, better: str = "higher") -> Measured:
    protocol = Protocol(face_reader().about, "held-out conditions", {"generated": n})
    return Measured(name, value, better, protocol, real)  # type: ignore[arg-type]

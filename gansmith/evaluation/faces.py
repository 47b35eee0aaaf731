"""Whether drawn faces have the attributes, landmarks and identity that they were conditioned on."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.core.images import to_uint8
from gansmith.data import Dataset
from gansmith.data.builtin.faces.attributes import ATTRIBUTES
from gansmith.data.builtin.faces.sets import described_attributes
from gansmith.data.condition import split_references
from gansmith.metrics import Better, Measured, Protocol
from gansmith.pretrained.face_reader import face_reader, landmark_error, reidentification_rate

IDENTITY_KEYS: dict[str, Better] = {"landmarks": "lower", "identity": "higher"}


def attribute_accuracy(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Of drawn faces conditioned on attributes or sentences: whether they have the attributes.

    For each attribute the share of faces on the right side (`attribute_glasses`), among those whose
    condition names it; for an attribute given by degrees the correlation. `attributes` is the share
    over all that was named. Nothing for other data.
    """
    wanted = described_attributes(dataset)
    if wanted is None:
        return {}
    wanted = wanted[: len(samples)]
    reader = face_reader()
    found = reader.read(to_uint8(samples)).attributes
    real = reader.read(dataset.held_out["real"][: len(samples)]).attributes
    numbers: dict[str, Measured] = {}
    named = torch.zeros_like(wanted, dtype=torch.bool)
    for place, name in enumerate(ATTRIBUTES):
        column = wanted[:, place]
        if not bool(column.any()):
            continue
        degrees = _by_degrees(column)
        score, what = (_correlation, "correlation") if degrees else (_accuracy, "accuracy")
        named[:, place] = (column != 0) & (not degrees)
        value, best = (score(x[:, place], column) for x in (found, real))
        numbers[f"attribute_{name}"] = _number(f"{what} of {name}", value, len(samples), best)
    value, best = (_accuracy(x[named], wanted[named]) for x in (found, real))
    return {"attributes": _number("attribute accuracy", value, len(samples), best), **numbers}


def attribute_keys(dataset: Dataset) -> dict[str, Better]:
    """The keys of `attribute_accuracy` for a data set."""
    wanted = described_attributes(dataset)
    if wanted is None:
        return {}
    there = [name for name, column in zip(ATTRIBUTES, wanted.T, strict=True) if bool(column.any())]
    keys = ["attributes", *(f"attribute_{name}" for name in there)]
    return dict.fromkeys(keys, "higher")


def identity_and_landmarks(samples: Tensor, dataset: Dataset) -> dict[str, Measured]:
    """Of drawn people that follow landmarks: how far these are off, and whether it is the person.

    `landmarks` is the mean distance of the landmarks that are read to those that were given, in
    halves of the image; `identity` the share of images nearer to their own person than to 19
    others, by what is read from them and from the true images. Nothing for other data.
    """
    if "landmarks" not in dataset.held_out:
        return {}
    n, reader, channels = len(samples), face_reader(), dataset.spec.channels
    landmarks = dataset.held_out["landmarks"][:n]
    true = reader.read(dataset.held_out["real"][:n])
    found = reader.read(to_uint8(samples))
    _, references = split_references(dataset.held_out["condition"][:n], channels)
    again = reader.read(references[:, 0, :channels]).identity
    error, floor = (landmark_error(x.landmarks, landmarks) for x in (found, true))
    known, best = (
        reidentification_rate(read=x, true=true.identity) for x in (found.identity, again)
    )
    return {
        "landmarks": _number("landmark error", error, n, floor, "lower"),
        "identity": _number("person recognised, 1 of 20", known, n, best),
    }


def _by_degrees(column: Tensor) -> bool:
    return bool(((column.abs() != 1) & (column != 0)).any())


def _accuracy(found: Tensor, wanted: Tensor) -> float:
    named = wanted != 0
    return float(((found > 0) == (wanted > 0))[named].double().mean())


def _correlation(found: Tensor, wanted: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([found.double(), wanted.double()]))[0, 1])


def _number(name: str, value: float, n: int, real: float, better: Better = "higher") -> Measured:
    protocol = Protocol(face_reader().description, "held-out conditions", {"generated": n})
    return Measured(name, value, better, protocol, real)

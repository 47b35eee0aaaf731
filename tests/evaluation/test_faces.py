"""Attributes, landmarks and identity of drawn faces, as the face reader finds them."""

from __future__ import annotations

import pytest
import torch

from gansmith.core.images import to_float
from gansmith.data import Dataset, open_data
from gansmith.data.condition import split_references
from gansmith.evaluation.faces import attribute_accuracy, identity_and_landmarks


def real(dataset: Dataset) -> torch.Tensor:
    return to_float(dataset.held_out["real"])


@pytest.mark.parametrize("name", ["faces", "faces-captioned"])
def test_true_faces_have_their_attributes_and_others_have_not(name: str) -> None:
    data = open_data(name)
    true = attribute_accuracy(real(data), data)
    assert true["attributes"].value > 0.97
    assert true["attributes"].real == true["attributes"].value
    other = attribute_accuracy(real(data).roll(1, 0), data)
    assert 0.4 < other["attributes"].value < 0.75  # four of five colours of hair are no
    assert true["attribute_glasses"].value > 0.99
    assert 0.3 < other["attribute_glasses"].value < 0.7
    assert ("attribute_tilt" in true) is (name == "faces")
    assert true["attribute_smile"].value > 0.9
    assert abs(other["attribute_smile"].value) < 0.65
    assert attribute_accuracy(real(open_data("digits")), open_data("digits")) == {}


def test_references_have_the_identity_but_not_the_landmarks() -> None:
    data = open_data("talking-faces")
    true = identity_and_landmarks(real(data), data)
    assert true["landmarks"].value < 1 / 32
    assert true["identity"].value == 1.0
    _, sources = split_references(data.held_out["condition"], 3)
    copied = identity_and_landmarks(to_float(sources[:, 0, :3]), data)
    assert copied["landmarks"].value > 3 * true["landmarks"].value
    assert copied["identity"].value > 0.9
    assert copied["identity"].value == true["identity"].real
    others = identity_and_landmarks(real(data).roll(1, 0), data)
    assert others["identity"].value < 0.2
    assert identity_and_landmarks(real(open_data("digits")), open_data("digits")) == {}
